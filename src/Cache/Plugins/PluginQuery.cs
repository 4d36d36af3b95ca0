using System.Net;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>What a plugin may know of the query it is asked about: views over the listener's buffers, valid for the call
/// only.</summary>
internal readonly ref struct PluginQuery
{
    /// <summary>The query as received; header and question have been checked.</summary>
    public required ReadOnlySpan<byte> Message { get; init; }

    /// <summary>Lower-case qname in wire form, final zero included.</summary>
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

    /// <summary>The qname as the client wrote it, case kept.</summary>
    public ReadOnlySpan<byte> NameAsSent => Message.Slice(DnsHeader.Length, Name.Length);
}
