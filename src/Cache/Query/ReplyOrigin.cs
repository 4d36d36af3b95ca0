using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Query;

/// <summary>The origin of a reply, for counters, log and tap.</summary>
/// <param name="By">What wrote the reply.</param>
/// <param name="IsStale">It is an expired answer from the store.</param>
/// <param name="IsCut">It is a denial that search_cut has made.</param>
/// <param name="Upstream">The server that it came from; default when none was asked.</param>
internal readonly record struct ReplyOrigin(AnsweredBy By, bool IsStale = false, bool IsCut = false, TapUpstream Upstream = default)
{
    /// <param name="isDenial">The reply is a denial.</param>
    public TapSource Source(bool isDenial) => By switch
    {
        AnsweredBy.Server => TapSource.Server,
        AnsweredBy.Cache when IsStale => TapSource.Stale,
        AnsweredBy.Cache when IsCut => TapSource.Cut,
        AnsweredBy.Cache => isDenial ? TapSource.Denied : TapSource.Hit,
        AnsweredBy.Forward => TapSource.Upstream,
        _ => TapSource.Rule,
    };
}
