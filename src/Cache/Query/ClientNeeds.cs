using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>What of a client's query its reply must repeat or respect, besides the question.</summary>
/// <param name="Id">As sent.</param>
/// <param name="Flags">As sent; RD, CD and AD matter.</param>
/// <param name="Limit">Octets the reply may have.</param>
/// <param name="OwnUdpSize">The payload size our OPT promises.</param>
internal readonly record struct ClientNeeds(
    ushort Id, ushort Flags, int Limit, ushort OwnUdpSize, bool HasEdns, bool DnssecOk)
{
    /// <summary>Whether AD may be set in the reply: the client set AD or DO (RFC 6840 sections 5.7 and 5.8).</summary>
    public bool UnderstandsAd => DnssecOk || (Flags & DnsHeader.AD) != 0;
}
