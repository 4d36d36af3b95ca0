namespace NodeDns.Cache.Upstream;

/// <summary>A set of rcodes that is tested in one instruction. All assigned rcodes are below 64 (RFC 6895 section
/// 2.3).</summary>
internal readonly record struct RcodeSet
{
    private readonly ulong _bits;

    /// <exception cref="ArgumentOutOfRangeException">An rcode is above 63.</exception>
    public RcodeSet(params ReadOnlySpan<int> rcodes)
    {
        foreach (var rcode in rcodes)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)rcode, 63u, nameof(rcodes));
            _bits |= 1UL << rcode;
        }
    }

    public bool IsEmpty => _bits == 0;

    public bool Contains(int rcode) => (uint)rcode < 64 && (_bits >> rcode & 1) != 0;
}
