using System.Net;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>What a plugin sees of a query. The spans point into the listener's buffers and are valid only during the
/// call.</summary>
internal readonly ref struct PluginQuery
{
    /// <summary>The query as received. Header and question are known to be well-formed.</summary>
    public required ReadOnlySpan<byte> Message { get; init; }

    /// <summary>Lower-case qname in wire form, including the final zero.</summary>
    public required ReadOnlySpan<byte> Name { get; init; }

    public required Qtype Type { get; init; }

    public required Qclass Class { get; init; }

    /// <summary>Lower-case wire form of the zone whose server block answers.</summary>
    public required ReadOnlySpan<byte> Zone { get; init; }

    /// <summary>The client's address: 4 octets for IPv4, 16 for IPv6.</summary>
    public required ReadOnlySpan<byte> ClientAddress { get; init; }

    public required ushort ClientPort { get; init; }

    public required bool IsTcp { get; init; }

    public required bool DnssecOk { get; init; }

    /// <summary>The listen address that the query came to.</summary>
    public required IPEndPoint Server { get; init; }

    /// <summary>The qname in the client's spelling.</summary>
    public ReadOnlySpan<byte> NameAsSent => Message.Slice(DnsHeader.Length, Name.Length);
}
