using NodeDns.Cache.Query;
using NodeDns.Cache.Upstream;

namespace NodeDns.Cache.Serve;

/// <summary>Adapts a <see cref="Forwarder"/> to the interface that the query path uses.</summary>
internal sealed class GroupForwarder(Forwarder forwarder) : IForwarder
{
    public Forwarder Forwarder => forwarder;

    public bool IsKnownDead => forwarder.Group.IsKnownDead;

    public bool IsRetired => forwarder.IsRetired;

    public void Forward(ReadOnlySpan<byte> query, bool clientUsedTcp, IExchangeOwner owner) =>
        forwarder.Forward(query, clientUsedTcp, owner);

    public void Prove() => forwarder.Prove();

    public void Retire() => forwarder.Retire();
}
