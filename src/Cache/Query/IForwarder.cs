using NodeDns.Cache.Upstream;

namespace NodeDns.Cache.Query;

/// <summary>One worker's access to the servers of one forward directive.</summary>
internal interface IForwarder
{
    /// <summary>True when every server is known to be down, so that a stale answer need not wait.</summary>
    bool IsKnownDead { get; }

    /// <summary>A reload has replaced it. It still takes questions that began before.</summary>
    bool IsRetired { get; }

    /// <inheritdoc cref="Forwarder.Forward"/>
    void Forward(ReadOnlySpan<byte> query, bool clientUsedTcp, IExchangeOwner owner);
}
