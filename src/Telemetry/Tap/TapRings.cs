namespace NodeDns.Telemetry.Tap;

/// <summary>The rings of all threads that answer lookups.</summary>
public sealed class TapRings
{
    private TapRing[] _attached = [];

    /// <summary>Somebody begins to read the rings, or nobody reads them any more. Called on the reader's thread.</summary>
    public Action<bool>? Reading { get; set; }

    public IReadOnlyList<TapRing> Attached => Volatile.Read(ref _attached);

    /// <summary>Creates the ring of a thread. Must be called before the threads start.</summary>
    public TapRing Attach()
    {
        var ring = new TapRing();
        Volatile.Write(ref _attached, [.. _attached, ring]);
        return ring;
    }
}
