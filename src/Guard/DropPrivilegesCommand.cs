using NodeDns.Linux.Interop;

namespace NodeDns.Guard;

/// <summary>The hidden first step of a spawned cache: gives up root, then runs serve.</summary>
public static class DropPrivilegesCommand
{
    /// <summary>True for the hidden command. It is recognised here without the command line parser, because the words
    /// after it are arguments of serve.</summary>
    public static bool IsMeant(IReadOnlyList<string> words) =>
        words.Count > 2 && words[0] == CacheProcess.DropPrivileges && uint.TryParse(words[1], out _);

    /// <summary>Gives up root and replaces this process with serve.</summary>
    /// <returns>An exit code, only if that failed.</returns>
    public static int Run(IReadOnlyList<string> words)
    {
        IReadOnlyList<string> command = [.. CacheProcess.Self, .. words.Skip(2)];
        var result = Libc.ExecuteUnprivileged(uint.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture),
            command);
        Console.Error.WriteLine($"[ERROR] guard: cannot become uid {words[1]}: {result.Error.Describe()}: "
            + "give the container CAP_SETUID and CAP_SETGID, or --serve-uid the guard's own uid");
        return 1;
    }
}
