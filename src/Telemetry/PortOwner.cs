using System.Globalization;

namespace NodeDns.Telemetry;

/// <summary>Finds out which process listens on a TCP port, as far as /proc shows it. An unprivileged process cannot see
/// other users' descriptors.</summary>
internal static class PortOwner
{
    private const string Listening = "0A";

    /// <summary>The listener's name and process id, such as <c>node-cache (pid 812)</c>.</summary>
    /// <returns>null when nobody listens there or the process cannot be seen.</returns>
    public static string? Of(int port)
    {
        try
        {
            HashSet<string> sockets = [.. SocketsOn(port, "/proc/net/tcp"), .. SocketsOn(port, "/proc/net/tcp6")];
            if (sockets.Count == 0)
            {
                return null;
            }

            foreach (var process in Directory.EnumerateDirectories("/proc"))
            {
                if (char.IsAsciiDigit(Path.GetFileName(process)[0]) && Holds(process, sockets))
                {
                    var name = File.ReadAllText(Path.Combine(process, "comm")).TrimEnd();
                    return $"{name} (pid {Path.GetFileName(process)})";
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has just ended, or its files in /proc are not readable. The owner stays unknown.
        }
        return null;
    }

    /// <summary>The links of listening sockets, as they appear in /proc/PID/fd: <c>socket:[INODE]</c>.</summary>
    private static IEnumerable<string> SocketsOn(int port, string table)
    {
        if (!File.Exists(table))
        {
            yield break;
        }

        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        foreach (var line in File.ReadLines(table))
        {
            // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[3] == Listening && fields[1].EndsWith(suffix, StringComparison.Ordinal))
            {
                yield return $"socket:[{fields[9]}]";
            }
        }
    }

    private static bool Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(process, "fd"))
                .Any(fd => new FileInfo(fd).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
