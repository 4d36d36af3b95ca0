using System.Net;

namespace NodeDns.Telemetry.Tap;

/// <summary>The rings of all threads that answer lookups.</summary>
public sealed class TapRings
{
    private TapRing[] _attached = [];

    /// <summary>Is told whose lookups the readers want, each time that changes: null for everybody's. Called on the reader's
    /// thread.</summary>
    public Action<IReadOnlyList<IPNetwork>?>? Watching { get; set; }

    public IReadOnlyList<TapRing> Attached => Volatile.Read(ref _attached);

    /// <summary>Creates the ring of a thread. Must be called before the threads start.</summary>
    public TapRing Attach()
    {
        var ring = new TapRing();
        Volatile.Write(ref _attached, [.. _attached, ring]);
        return ring;
    }
}
