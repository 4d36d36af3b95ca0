using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Loop;

/// <summary>Whether the process uses most of the processor time that it may use. One loop's own view, measured while that
/// loop turns.</summary>
/// <param name="usedNs">The process's processor time, in nanoseconds; null for the kernel's count of this one.</param>
public sealed class CpuUse(CpuAllowance allowance, Func<long>? usedNs = null)
{
    /// <summary>Half of the period of a cgroup's CPU limit: a limit that is being used up is noticed before the process is
    /// held.</summary>
    private const long WindowNs = 50_000_000;

    // Two limits: saving processor time would end the need for saving, and so on, with one.
    private const double ScarceFrom = 0.5;
    private const double AmpleFrom = 0.35;

    private readonly Func<long> _usedNs = usedNs ?? (static () => Libc.ProcessTimeNs);
    private long _windowStartNs;
    private long _usedAtStartNs;
    private bool _isScarce;

    /// <summary>Measures once in a window, and answers from that in between.</summary>
    /// <param name="nowNs">A monotonic clock.</param>
    public bool IsScarce(long nowNs)
    {
        var windowNs = nowNs - _windowStartNs;
        if (windowNs < WindowNs)
        {
            return _isScarce;
        }
        var used = _usedNs();
        var share = (used - _usedAtStartNs) / (windowNs * allowance.Processors);
        _isScarce = share >= (_isScarce ? AmpleFrom : ScarceFrom);
        _windowStartNs = nowNs;
        _usedAtStartNs = used;
        return _isScarce;
    }
}
