using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>What a reply must take from the client's query, besides the question.</summary>
/// <param name="Id">The message id of the query.</param>
/// <param name="Flags">The header flags of the query, of which RD, CD and AD matter.</param>
/// <param name="Limit">The most octets that the reply may have.</param>
/// <param name="OwnUdpSize">The UDP payload size that our OPT record offers.</param>
internal readonly record struct ClientNeeds(
    ushort Id, ushort Flags, int Limit, ushort OwnUdpSize, bool HasEdns, bool DnssecOk)
{
    /// <summary>True when the reply may have AD set, because the query had AD or DO set (RFC 6840 sections 5.7 and
    /// 5.8).</summary>
    public bool UnderstandsAd => DnssecOk || (Flags & DnsHeader.AD) != 0;
}
