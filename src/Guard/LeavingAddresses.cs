using System.Net;
using NodeDns.Guard.Node;

namespace NodeDns.Guard;

/// <summary>Addresses that an earlier guard put on the node and that are no longer configured. Pods may still use them,
/// so they are relayed until nobody has asked for a while, and then removed. A formerly intercepted ClusterIP goes back
/// to kube-proxy at once and is removed when the last replies have left.</summary>
internal sealed class LeavingAddresses(GuardParts parts, GuardMachine machine, SocketSet sockets, SocketOpener opener, Relay relay)
{
    private readonly Dictionary<IPAddress, Leaving> _all = [];

    /// <summary>The addresses that are still relayed.</summary>
    public IReadOnlyList<IPAddress> Relayed => [.. _all.Where(a => !a.Value.WasIntercepted && !a.Value.IsGone).Select(a => a.Key)];

    /// <summary>The addresses that must stay on the node because replies leave from them.</summary>
    public IReadOnlyList<IPAddress> Kept => [.. _all.Where(a => !a.Value.IsGone).Select(a => a.Key)];

    /// <summary>The leaving addresses that belong to kube-proxy.</summary>
    public IReadOnlyList<IPAddress> Intercepted => [.. _all.Where(a => a.Value.WasIntercepted && !a.Value.IsGone).Select(a => a.Key)];

    public IReadOnlyList<IPAddress> Gone => [.. _all.Where(a => a.Value.IsGone).Select(a => a.Key)];

    /// <summary>Records addresses that were found on the node.</summary>
    /// <returns>true when some were new.</returns>
    public bool Found(IReadOnlyList<UnwantedAddress> unwanted)
    {
        var fresh = unwanted.Where(u => !_all.ContainsKey(u.Address)).ToList();
        foreach (var (address, wasIntercepted) in fresh)
        {
            // An address of cluster DNS cannot be relayed: the relay would ask itself.
            var isService = wasIntercepted || parts.Options.ClusterDns.Any(server => server.Address.Equals(address));
            _all[address] = new Leaving { SinceMs = parts.Loop.NowMs, WasIntercepted = isService };
            if (isService)
            {
                parts.Log.InterceptionEnds(address);
                continue;
            }
            parts.Log.AddressLeaves(address, parts.Options.KeepFor.TotalMinutes);
            opener.Open(SocketSet.Both(new IPEndPoint(address, parts.Options.DnsPort)).Where(e => !sockets.All.Any(m => m.EndPoint == e)), 1);
        }
        if (fresh.Count > 0)
        {
            machine.SocketsChanged();
        }
        return fresh.Count > 0;
    }

    /// <summary>Gives up the addresses whose time is over, and closes sockets at addresses that are no longer on the
    /// node.</summary>
    /// <returns>true when an address was given up.</returns>
    public bool Sweep()
    {
        var due = _all.Where(a => !a.Value.IsGone && IsDue(a.Key, a.Value)).ToList();
        foreach (var (address, leaving) in due)
        {
            leaving.IsGone = true;
            parts.Log.AddressRemoved(address);
        }
        var orphans = sockets.All.Where(m => !parts.Options.AllAddresses.Contains(m.Socket.EndPoint.Address)
            && !Kept.Contains(m.Socket.EndPoint.Address)).ToList();
        if (orphans.Count > 0)
        {
            // Refuse new queries, relay what is still queued, then close.
            SocketSet.RefuseNew(orphans);
            machine.SocketsChanged();
            relay.StopListening(orphans);
            orphans.ForEach(sockets.Drop);
            machine.SocketsChanged();
        }
        return due.Count > 0;
    }

    /// <summary>The addresses have been removed from the node.</summary>
    public void Removed(IReadOnlyCollection<IPAddress> addresses)
    {
        foreach (var address in addresses)
        {
            _all.Remove(address);
        }
    }

    private bool IsDue(IPAddress address, Leaving leaving)
    {
        const int lastRepliesMs = 3000;
        var askedMs = sockets.All
            .Where(m => m.Socket.EndPoint.Address.Equals(address))
            .Max(m => relay.AskedMs(m.Socket)) ?? leaving.SinceMs;
        return leaving.WasIntercepted
            ? parts.Loop.NowMs - leaving.SinceMs > lastRepliesMs
            : parts.Loop.NowMs - Math.Max(askedMs, leaving.SinceMs) > (long)parts.Options.KeepFor.TotalMilliseconds;
    }

    private sealed class Leaving
    {
        public required long SinceMs { get; init; }

        public required bool WasIntercepted { get; init; }

        public bool IsGone { get; set; }
    }
}
