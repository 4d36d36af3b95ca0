using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Query;

/// <summary>Receives the replies that were not ready at once. The listeners implement it.</summary>
internal interface IReplySink
{
    /// <summary>Sends a reply. Called once for each pending query, on the worker's loop. The implementation copies what
    /// it keeps.</summary>
    void Reply(in ReplyTo to, ReadOnlySpan<byte> message);

    /// <summary>Called instead when there will be no reply.</summary>
    void Forget(in ReplyTo to);
}

/// <summary>Where a reply has to go.</summary>
/// <param name="sink">The listener or connection that received the query.</param>
/// <param name="cookie">A number that only the sink understands: it finds the query's slot, or tells whether the
/// connection is still the one that asked.</param>
/// <param name="client">The client's address and port.</param>
/// <param name="isTcp">The query came over TCP. Decides the reply's size, and which exchanges can be shared.</param>
/// <param name="isInternal">Our own question on a client's behalf (dns64, CNAME). It is not counted or logged.</param>
internal readonly struct ReplyTo(IReplySink sink, long cookie, in SocketAddress client, bool isTcp, bool isInternal = false)
{
    public readonly IReplySink Sink = sink;
    public readonly long Cookie = cookie;
    public readonly SocketAddress Client = client;
    public readonly bool IsTcp = isTcp;
    public readonly bool IsInternal = isInternal;
}
