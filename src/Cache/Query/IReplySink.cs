using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Query;

/// <summary>Where the reply to a query goes when it was not ready at once; the listeners implement it.</summary>
internal interface IReplySink
{
    /// <summary>Sends a reply. Called once for each pending query, on the worker's loop; copies what it keeps.</summary>
    void Reply(in ReplyTo to, ReadOnlySpan<byte> message);

    /// <summary>There will be no reply after all.</summary>
    void Forget(in ReplyTo to);
}

/// <summary>A client as a listener knows it.</summary>
/// <param name="sink">The listener or connection.</param>
/// <param name="cookie">The sink's own: tells whether its connection is still the one that asked.</param>
/// <param name="client">Address and port.</param>
/// <param name="isTcp">Decides the reply's size and which exchanges are shared.</param>
/// <param name="isInternal">A question of our own on a client's behalf (dns64): not counted, not logged.</param>
internal readonly struct ReplyTo(IReplySink sink, long cookie, in SocketAddress client, bool isTcp, bool isInternal = false)
{
    public readonly IReplySink Sink = sink;
    public readonly long Cookie = cookie;
    public readonly SocketAddress Client = client;
    public readonly bool IsTcp = isTcp;
    public readonly bool IsInternal = isInternal;
}
