namespace NodeDns.Cache.Upstream;

/// <summary>Whoever asked a <see cref="Forwarder"/>; exactly one of these is called, once, on the loop's
/// thread.</summary>
internal interface IExchangeOwner
{
    /// <summary>An answer to the question that was sent.</summary>
    /// <param name="message">The whole message: QR set, opcode QUERY, the question equal to the query's (name without
    /// regard to case). The id is the upstream exchange's, not the client's. TC only when TCP failed too. Valid until
    /// the method returns.</param>
    void OnAnswer(ReadOnlySpan<byte> message);

    void OnFailure(UpstreamError error);
}
