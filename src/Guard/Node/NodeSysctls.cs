using System.Globalization;
using System.Net.Sockets;

namespace NodeDns.Guard.Node;

/// <summary>Kernel settings that make an address without a reader refuse queries at once.</summary>
/// <remarks>By default the kernel sends each client one port-unreachable message a second, and of 400 queries 393 time
/// out. Without this limit glibc tries its next nameserver after a millisecond.</remarks>
internal static class NodeSysctls
{
    private static readonly string s_rateMask4 = Writable("/proc/sys/net/ipv4/icmp_ratemask");
    private static readonly string s_rateMask6 = Writable("/proc/sys/net/ipv6/icmp/ratemask");
    private const int DestinationUnreachable4 = 3;

    /// <summary>Exempts destination-unreachable messages from the ICMP rate limit, for each family in use.</summary>
    /// <returns>What was changed; null when nothing was.</returns>
    /// <exception cref="InvalidOperationException">/proc/sys is read-only.</exception>
    public static string? Ensure(IEnumerable<AddressFamily> families)
    {
        var changed = false;
        var used = families.ToHashSet();
        var mask = int.Parse(File.ReadAllText(s_rateMask4), CultureInfo.InvariantCulture);
        if (used.Contains(AddressFamily.InterNetwork) && (mask & 1 << DestinationUnreachable4) != 0)
        {
            Write(s_rateMask4, (mask & ~(1 << DestinationUnreachable4)).ToString(CultureInfo.InvariantCulture),
                $"sysctl -w net.ipv4.icmp_ratemask={mask & ~(1 << DestinationUnreachable4)}");
            changed = true;
        }
        // Type 1 is destination unreachable. The default limits all types but 2 (packet too big).
        if (used.Contains(AddressFamily.InterNetworkV6) && File.Exists(s_rateMask6) && File.ReadAllText(s_rateMask6).Trim() == "0-1,3-127")
        {
            Write(s_rateMask6, "0,3-127", "sysctl -w net.ipv6.icmp.ratemask=0,3-127");
            changed = true;
        }
        return changed ? "a dead address refuses without a rate limit" : null;
    }

    /// <summary>/proc/sys is read-only in a container, so the chart mounts the node's files below /host.</summary>
    private static string Writable(string path) => File.Exists("/host" + path) ? "/host" + path : path;

    private static void Write(string path, string value, string remedy)
    {
        try
        {
            File.WriteAllText(path, value);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"{path} cannot be written here: run '{remedy}' on the node, or choose "
                + "another --exit-mode; until then only one refusal a second reaches each pod when nobody answers");
        }
    }
}
