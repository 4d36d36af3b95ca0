namespace NodeDns.Cache.Cuts;

/// <summary>A name such as <c>com.shop.svc.cluster.local</c> below which questions may be denied from memory. Shared by all
/// workers; no lock.</summary>
/// <param name="name">The name, lower-case.</param>
internal sealed class CutPoint(byte[] name, OutsideLabel label)
{
    /// <summary>One in so many denials is checked: a real question behind it goes to cluster DNS.</summary>
    public const int SampledOneIn = 64;

    /// <summary>How often a denial is renewed after its last use. A renewal costs one question, and a denial that had expired
    /// when it is needed two more: those of the client, for A and AAAA.</summary>
    private const int RenewalsAfterUse = 2;

    /// <summary>How long a question for the name itself is waited for before it is asked again.</summary>
    private const int ProbePatienceMs = 10_000;

    private ulong _firstDenied;
    private volatile bool _isConfirmed;
    private volatile CutDenial? _denial;
    private long _probeFromMs;
    private int _sinceSample;
    private int _renewals;

    public ReadOnlySpan<byte> Name => name;

    public OutsideLabel Label => label;

    /// <summary>For the table, which replaces the point that was not used for the longest time.</summary>
    public long LastUsedMs { get; set; }

    /// <summary>Something is denied: the denial is worth renewing.</summary>
    public void Use()
    {
        if (Volatile.Read(ref _renewals) != RenewalsAfterUse)
        {
            Volatile.Write(ref _renewals, RenewalsAfterUse);
        }
    }

    /// <summary>True when the denial is still worth a question.</summary>
    public bool TakeRenewal()
    {
        var left = Volatile.Read(ref _renewals);
        Volatile.Write(ref _renewals, left - 1);
        return left > 0;
    }

    /// <summary>The last denial of the name, which may have expired; null when there is none, or when something was seen
    /// that contradicts it.</summary>
    public CutDenial? Denial => _denial;

    /// <summary>The denial under which names below may be denied now; null when they may not.</summary>
    public CutDenial? LiveAt(long nowMs) =>
        _isConfirmed && _denial is { } denial && nowMs < denial.ExpiresMs && !label.HasEnded ? denial : null;

    /// <summary>True for the one caller who has to ask for the name itself now.</summary>
    public bool TakeProbe(long nowMs)
    {
        var from = Volatile.Read(ref _probeFromMs);
        return nowMs >= from && Interlocked.CompareExchange(ref _probeFromMs, nowMs + ProbePatienceMs, from) == from;
    }

    /// <summary>The name itself does not exist.</summary>
    /// <param name="renewFromMs">When it may be asked for again.</param>
    public void Denied(CutDenial denial, long renewFromMs)
    {
        if (_denial is not null)
        {
            Volatile.Write(ref _sinceSample, SampledOneIn);
        }

        _denial = denial;
        Volatile.Write(ref _probeFromMs, renewFromMs);
    }

    /// <summary>A question for the name itself told nothing that can be used.</summary>
    public void ProbeAgain(long fromMs) => Volatile.Write(ref _probeFromMs, fromMs);

    /// <summary>A name below does not exist, cluster DNS said. The second such question makes the point usable.</summary>
    /// <param name="question">A hash of the question.</param>
    public void DeniedBelow(ulong question)
    {
        var first = Interlocked.CompareExchange(ref _firstDenied, question, 0);
        if (first != 0 && first != question)
        {
            _isConfirmed = true;
        }
    }

    /// <summary>The name, or one below, exists.</summary>
    public void Contradicted()
    {
        _isConfirmed = false;
        _denial = null;
        Interlocked.Exchange(ref _firstDenied, 0);
    }

    /// <summary>Counts a denial from memory. True when this one has to be checked.</summary>
    public bool TakeSample()
    {
        if (Interlocked.Increment(ref _sinceSample) < SampledOneIn)
        {
            return false;
        }

        return Interlocked.Exchange(ref _sinceSample, 0) >= SampledOneIn;
    }

    /// <summary>The next denial is checked, because the last check told nothing.</summary>
    public void SampleAgain() => Volatile.Write(ref _sinceSample, SampledOneIn);
}
