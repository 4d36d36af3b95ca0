using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Fuzz;

/// <summary>A datagram from a netlink socket: messages, errors among them, and their attributes two levels deep.</summary>
internal static class NetlinkTarget
{
    public static void Run(ReadOnlySpan<byte> octets)
    {
        foreach (var message in NetlinkMessage.Read(octets.ToArray()))
        {
            if (message.Type == Libc.NLMSG_ERROR)
            {
                _ = message.Error("fuzz");
            }

            foreach (var header in (int[])[4, 8, 16])
            {
                foreach (var attribute in message.Attributes(header))
                {
                    _ = attribute.Text;
                    _ = attribute.Nested.Count();
                }
            }
        }
    }
}
