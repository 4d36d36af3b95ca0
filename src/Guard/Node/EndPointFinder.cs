using System.Buffers.Binary;
using System.Net;
using NodeDns.Linux.Interop;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Guard.Node;

/// <summary>Finds an endpoint behind a Service's address without asking the API server: sends one query, then asks
/// conntrack where kube-proxy has sent it (ctnetlink).</summary>
internal sealed class EndPointFinder : IDisposable
{
    private readonly NetlinkSocket _netlink = new(Libc.NETLINK_NETFILTER);

    /// <summary>The endpoint. This is <paramref name="server"/> itself if conntrack does not translate it, or if this
    /// node tracks no connections.</summary>
    /// <returns>null when it cannot be found out: the node tracks connections but not this one (an eBPF data path, for
    /// instance).</returns>
    public IPEndPoint? Find(IPEndPoint server, string name)
    {
        var address = SocketAddress.From(server);
        var family = address.Family == SocketAddress.FamilyIPv6 ? Libc.AF_INET6 : Libc.AF_INET;
        var fd = Libc.Socket(family, Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0).OrThrow("socket");
        try
        {
            // Conntrack knows the flow once the first packet has left, even before it is answered.
            if (Libc.Connect(fd, address).IsError || Libc.Send(fd, new ProbeQuery(name).Octets).IsError
                || Libc.GetSocketName(fd, out var local).IsError)
            {
                return null;
            }
            return Translated(local, address) ?? (TracksNothing() ? server : null);
        }
        finally
        {
            Libc.Close(fd);
        }
    }

    private static bool TracksNothing()
    {
        const string count = "/proc/sys/net/netfilter/nf_conntrack_count";
        return !File.Exists(count) || File.ReadAllText(count).Trim() == "0";
    }

    public void Dispose() => _netlink.Dispose();

    private IPEndPoint? Translated(SocketAddress local, SocketAddress server)
    {
        var isIPv6 = server.Family == SocketAddress.FamilyIPv6;
        var query = NftBatch.Query(
                Libc.NFNL_SUBSYS_CTNETLINK, Libc.IPCTNL_MSG_CT_GET, isIPv6 ? Libc.NFPROTO_IPV6 : Libc.NFPROTO_IPV4, 0)
            .Nested(Libc.CTA_TUPLE_ORIG, tuple => tuple
                .Nested(Libc.CTA_TUPLE_IP, ip => ip
                    .Attribute(isIPv6 ? Libc.CTA_IP_V6_SRC : Libc.CTA_IP_V4_SRC, local.Address)
                    .Attribute(isIPv6 ? Libc.CTA_IP_V6_DST : Libc.CTA_IP_V4_DST, server.Address))
                .Nested(Libc.CTA_TUPLE_PROTO, protocol => protocol
                    .Attribute(Libc.CTA_PROTO_NUM, [Libc.IPPROTO_UDP])
                    .Attribute(Libc.CTA_PROTO_SRC_PORT, Port(local))
                    .Attribute(Libc.CTA_PROTO_DST_PORT, Port(server))));
        try
        {
            var reply = _netlink.Request(query, "look a flow up").SelectMany(m => m.Attributes(4))
                .FirstOrDefault(a => a.Type == Libc.CTA_TUPLE_REPLY);
            var ip = Find(Find(reply, Libc.CTA_TUPLE_IP), isIPv6 ? Libc.CTA_IP_V6_SRC : Libc.CTA_IP_V4_SRC).Value;
            var port = Find(Find(reply, Libc.CTA_TUPLE_PROTO), Libc.CTA_PROTO_SRC_PORT).Value;
            return ip.IsEmpty || port.Length != 2
                ? null
                : new IPEndPoint(new IPAddress(ip.Span), BinaryPrimitives.ReadUInt16BigEndian(port.Span));
        }
        catch (NetlinkException)
        {
            return null;
        }
    }

    private static NetlinkAttribute Find(NetlinkAttribute nested, int type) =>
        nested.Nested.FirstOrDefault(a => a.Type == type);

    private static byte[] Port(SocketAddress address) => [(byte)(address.Port >> 8), (byte)address.Port];
}
