namespace NodeDns.Telemetry.Tap;

/// <summary>The rings of all threads that answer lookups.</summary>
public sealed class TapRings
{
    private TapRing[] _attached = [];

    public IReadOnlyList<TapRing> Attached => Volatile.Read(ref _attached);

    /// <summary>Gives a thread a ring of its own. Before the threads start.</summary>
    public TapRing Attach()
    {
        var ring = new TapRing();
        Volatile.Write(ref _attached, [.. _attached, ring]);
        return ring;
    }
}
