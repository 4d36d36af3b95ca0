using System.Globalization;
using System.Net;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard.Node;

/// <summary>Who listens where, from /proc/net (proc(5)): every process of this network namespace, whoever owns
/// it.</summary>
internal static class SocketTable
{
    private const string Listening = "0A";

    /// <summary>Inodes of the sockets that are bound to a UDP endpoint, or listen at a TCP one; wildcards not
    /// counted.</summary>
    public static List<ulong> Bound(ListenEndPoint endPoint)
    {
        var rows = endPoint.Protocol == ListenProtocol.Udp
            ? Rows("udp", "udp6")
            : Rows("tcp", "tcp6").Where(r => r.State == Listening);
        return [.. rows.Where(r => r.Local.Equals(endPoint.EndPoint)).Select(r => r.Inode)];
    }

    /// <summary>The inode behind one of our own descriptors; 0 when it is no socket.</summary>
    public static ulong Inode(int fd) => Inode(File.ResolveLinkTarget($"/proc/self/fd/{fd}", false)?.Name);

    /// <summary>Who listens on a TCP port, in words for an error message.</summary>
    public static string DescribeOwner(int port)
    {
        var row = Rows("tcp", "tcp6").FirstOrDefault(r => r.State == Listening && r.Local.Port == port);
        if (row.Local is null)
        {
            return "its owner has just gone";
        }
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out var id) && Holds(process,
                row.Inode))
            {
                return $"held by {File.ReadAllText($"{process}/comm").Trim()} (process {id})";
            }
        }
        return $"held by a process outside this container (uid {row.UserId}; find it on the node with 'ss -ltnp')";
    }

    private static bool Holds(string process, ulong inode)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"{process}/fd")
                .Any(fd => Inode(new FileInfo(fd).LinkTarget) == inode);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The number in "socket:[12345]".</summary>
    private static ulong Inode(string? link) =>
        link is not null && link.Contains("socket:[", StringComparison.Ordinal)
            && ulong.TryParse(link[(link.IndexOf('[', StringComparison.Ordinal) + 1)..^1], out var inode) ? inode : 0;

    private static IEnumerable<(IPEndPoint Local, string State, uint UserId, ulong Inode)> Rows(params string[] tables)
    {
        foreach (var table in tables.Select(name => $"/proc/net/{name}").Where(File.Exists))
        {
            foreach (var line in File.ReadLines(table).Skip(1))
            {
                // sl, local, remote, state, queues, timer, retransmits, uid, timeout, inode.
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9)
                {
                    yield return (Address(fields[1]), fields[3], uint.Parse(fields[7], CultureInfo.InvariantCulture),
                        ulong.Parse(fields[9], CultureInfo.InvariantCulture));
                }
            }
        }
    }

    /// <summary>"0A14FEA9:0035": words of 4 octets as the host reads them, then the port.</summary>
    private static IPEndPoint Address(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var bytes = Convert.FromHexString(text.AsSpan(0, colon));
        if (BitConverter.IsLittleEndian)
        {
            for (var word = 0; word < bytes.Length; word += 4)
            {
                bytes.AsSpan(word, 4).Reverse();
            }
        }
        return new IPEndPoint(
            new IPAddress(bytes), int.Parse(text.AsSpan(colon + 1), NumberStyles.HexNumber,
                CultureInfo.InvariantCulture));
    }
}
