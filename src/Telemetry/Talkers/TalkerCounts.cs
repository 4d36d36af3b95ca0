using System.Runtime.CompilerServices;

namespace NodeDns.Telemetry.Talkers;

/// <summary>What is counted for a client. The numbers are indexes into <see cref="TalkerCounts"/>.</summary>
internal enum TalkerCount
{
    Queries,
    Misses,
    NxDomain,
    Failures,
}

/// <summary>One number for each <see cref="TalkerCount"/>.</summary>
[InlineArray(Length)]
internal struct TalkerCounts
{
    public const int Length = 4;

    private long _first;

    public long this[TalkerCount count]
    {
        readonly get => this[(int)count];
        set => this[(int)count] = value;
    }

    /// <summary>One of them is not 0.</summary>
    public readonly bool Any => ((ReadOnlySpan<long>)this).ContainsAnyExcept(0);

    public void Add(in TalkerCounts other)
    {
        for (var i = 0; i < Length; i++)
        {
            this[i] += other[i];
        }
    }
}
