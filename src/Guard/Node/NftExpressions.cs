using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>Writes the expressions of one nf_tables rule. They are evaluated in order: load a register, then test
/// it.</summary>
internal sealed class NftExpressions(NetlinkWriter list)
{
    /// <summary>meta nfproto: IPv4 or IPv6. Needed in inet tables, which see both.</summary>
    public NftExpressions Family(AddressFamily family) => Meta(Libc.NFT_META_NFPROTO)
        .Equal([family == AddressFamily.InterNetworkV6 ? Libc.NFPROTO_IPV6 : Libc.NFPROTO_IPV4]);

    /// <summary>meta l4proto.</summary>
    public NftExpressions Protocol(int protocol) => Meta(Libc.NFT_META_L4PROTO).Equal([(byte)protocol]);

    /// <summary>ip saddr @set, or ip daddr @set. Offsets: RFC 791 section 3.1, RFC 8200 section 3.</summary>
    public NftExpressions AddressIn(string set, AddressFamily family, bool source)
    {
        var isIPv6 = family == AddressFamily.InterNetworkV6;
        var offset = (isIPv6, source) switch { (true, true) => 8u, (true, false) => 24u, (_, true) => 12u, _ => 16u };
        return Payload(Libc.NFT_PAYLOAD_NETWORK_HEADER, offset, isIPv6 ? 16u : 4u).In(set);
    }

    /// <summary>ip daddr ADDRESS.</summary>
    public NftExpressions Destination(IPAddress address)
    {
        var isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        return Payload(Libc.NFT_PAYLOAD_NETWORK_HEADER, isIPv6 ? 24u : 16u, isIPv6 ? 16u : 4u)
            .Equal(address.GetAddressBytes());
    }

    /// <summary>th sport PORT, or th dport PORT: the first two fields of the UDP and the TCP header.</summary>
    public NftExpressions Port(int port, bool source) =>
        Payload(Libc.NFT_PAYLOAD_TRANSPORT_HEADER, source ? 0u : 2u, 2).Equal(BigEndian(port));

    /// <summary>ct original daddr @set: the destination before address translation.</summary>
    public NftExpressions OriginalDestinationIn(string set, AddressFamily family)
    {
        var key = family == AddressFamily.InterNetworkV6 ? Libc.NFT_CT_DST_IP6 : Libc.NFT_CT_DST_IP;
        return Expression("ct", data => data.Number(1, Libc.NFT_REG_1).Number(2, key).Attribute(3, [0])).In(set);
    }

    public NftExpressions Notrack() => Expression("notrack", null);

    public NftExpressions Masquerade() => Expression("masq", data => { });

    /// <summary>dnat to ENDPOINT.</summary>
    public NftExpressions DestinationNat(IPEndPoint to)
    {
        var family = to.AddressFamily == AddressFamily.InterNetworkV6 ? Libc.NFPROTO_IPV6 : Libc.NFPROTO_IPV4;
        return Immediate(Libc.NFT_REG_1, to.Address.GetAddressBytes())
            .Immediate(Libc.NFT_REG_2, BigEndian(to.Port))
            .Expression("nat", data => data
                .Number(1, Libc.NFT_NAT_DNAT)
                .Number(2, family)
                .Number(3, Libc.NFT_REG_1)
                .Number(5, Libc.NFT_REG_2)
                .Number(7, Libc.NF_NAT_RANGE_PROTO_SPECIFIED));
    }

    private static byte[] BigEndian(int port)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)port);
        return bytes;
    }

    private NftExpressions Meta(uint key) =>
        Expression("meta", data => data.Number(2, key).Number(1, Libc.NFT_REG_1));

    private NftExpressions Payload(uint header, uint offset, uint length) => Expression(
        "payload", data => data.Number(1, Libc.NFT_REG_1).Number(2, header).Number(3, offset).Number(4, length));

    private NftExpressions Equal(byte[] value) => Expression("cmp", data => data
        .Number(1, Libc.NFT_REG_1)
        .Number(2, 0)
        .Nested(3, nested => nested.Attribute(Libc.NFTA_DATA_VALUE, value)));

    private NftExpressions In(string set) =>
        Expression("lookup", data => data.Number(2, Libc.NFT_REG_1).Text(1, set));

    private NftExpressions Immediate(uint register, byte[] value) => Expression("immediate", data => data
        .Number(1, register)
        .Nested(2, nested => nested.Attribute(Libc.NFTA_DATA_VALUE, value)));

    private NftExpressions Expression(string name, Action<NetlinkWriter>? data)
    {
        list.Nested(Libc.NFTA_LIST_ELEM, element =>
        {
            element.Text(Libc.NFTA_EXPR_NAME, name);
            if (data is not null)
            {
                element.Nested(Libc.NFTA_EXPR_DATA, data);
            }
        });
        return this;
    }
}
