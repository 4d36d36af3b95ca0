using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>The caller of a <see cref="Forwarder"/>. Exactly one of these methods is called, once, on the loop's
/// thread.</summary>
internal interface IExchangeOwner
{
    /// <summary>Receives the answer to the question.</summary>
    /// <param name="message">The whole message, which has QR set, opcode QUERY and the query's question (the name may
    /// differ in case). The id is not the client's. TC is set only if TCP failed too. Valid until the method
    /// returns.</param>
    /// <param name="from">The server that it came from.</param>
    void OnAnswer(ReadOnlySpan<byte> message, in TapUpstream from);

    void OnFailure(UpstreamError error);
}
