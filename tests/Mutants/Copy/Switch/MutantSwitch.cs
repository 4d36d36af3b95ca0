using System.IO.MemoryMappedFiles;

/// <summary>Which of the mutants in the code is on, and which ones were come by.</summary>
/// <remarks>A process that a test starts inherits the mutant by its environment. It notes what it comes by in the file that the
/// test's process has made, one octet a mutant.</remarks>
public static class MutantSwitch
{
    private const string Variable = "MUTANT";

    private const string SeenVariable = "MUTANTS_SEEN";

    private static int s_active =
        int.TryParse(System.Environment.GetEnvironmentVariable(Variable), out var number) ? number : -1;

    private static MemoryMappedViewAccessor? s_seen = Open(System.Environment.GetEnvironmentVariable(SeenVariable));

    /// <summary>Called in the place of every mutant.</summary>
    public static bool Is(int number)
    {
        s_seen?.Write(number, true);
        return number == s_active;
    }

    public static void TurnOn(int number)
    {
        System.Environment.SetEnvironmentVariable(Variable, number.ToString());
        s_active = number;
    }

    /// <param name="count">0: no longer.</param>
    public static void Record(int count)
    {
        if (count == 0)
        {
            System.IO.File.Delete(System.Environment.GetEnvironmentVariable(SeenVariable)!);
            System.Environment.SetEnvironmentVariable(SeenVariable, null);
            s_seen = null;
            return;
        }
        var path = System.IO.Path.GetTempFileName();
        System.IO.File.WriteAllBytes(path, new byte[count]);
        // A cache of Node.Tests runs as another user.
        System.IO.File.SetUnixFileMode(path, (System.IO.UnixFileMode)0b110_110_110);
        System.Environment.SetEnvironmentVariable(SeenVariable, path);
        s_seen = Open(path);
    }

    public static System.Collections.Generic.IEnumerable<int> TakeSeen()
    {
        for (var number = 0; s_seen is { } seen && number < seen.Capacity; number++)
        {
            if (seen.ReadBoolean(number))
            {
                seen.Write(number, false);
                yield return number;
            }
        }
    }

    private static MemoryMappedViewAccessor? Open(string? path) =>
        path is null ? null : MemoryMappedFile.CreateFromFile(path, System.IO.FileMode.Open).CreateViewAccessor();
}
