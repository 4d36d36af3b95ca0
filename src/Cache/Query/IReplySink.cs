using NodeDns.Cache.Interop.Linux;

namespace NodeDns.Cache.Query;

/// <summary>Where the reply to a query goes when it was not ready at once; the listeners implement it.</summary>
public interface IReplySink
{
    bool IsTcp { get; }

    /// <summary>Sends a reply. Called once for each pending query, on the worker's loop; copies what it keeps.</summary>
    void Reply(in ReplyTo to, ReadOnlySpan<byte> message);

    /// <summary>There will be no reply after all.</summary>
    void Forget(in ReplyTo to);
}

/// <summary>A client as a listener knows it.</summary>
/// <param name="Sink">The listener or connection.</param>
/// <param name="Cookie">The sink's own: tells whether its connection is still the one that asked.</param>
/// <param name="Client">Address and port.</param>
public readonly record struct ReplyTo(IReplySink Sink, long Cookie, SocketAddress Client);
