using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Query;

/// <summary>Where a reply comes from, for whoever counts, logs or taps it.</summary>
/// <param name="By">Who has written it.</param>
/// <param name="IsStale">It was in memory, and had expired.</param>
/// <param name="Upstream">The server that was asked for it; default when none was.</param>
internal readonly record struct ReplyOrigin(AnsweredBy By, bool IsStale = false, TapUpstream Upstream = default)
{
    /// <param name="isDenial">The reply holds no answer.</param>
    public TapSource Source(bool isDenial) => By switch
    {
        AnsweredBy.Server => TapSource.Server,
        AnsweredBy.Cache when IsStale => TapSource.Stale,
        AnsweredBy.Cache => isDenial ? TapSource.Denied : TapSource.Hit,
        AnsweredBy.Forward => TapSource.Upstream,
        _ => TapSource.Rule,
    };
}
