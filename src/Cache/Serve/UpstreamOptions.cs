using System.Net;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;

namespace NodeDns.Cache.Serve;

/// <summary>Converts a forward directive to the options of the Upstream room.</summary>
internal static class UpstreamOptions
{
    /// <param name="cancel">The block's cancel directive, which can only shorten the deadline.</param>
    public static ForwardOptions Of(ForwardConfig forward, CancelConfig? cancel) => new()
    {
        Deadline = Shortened(
            forward.ReadTimeout is { } wait && wait > ForwardOptions.DeadlineDefault ? wait : ForwardOptions.DeadlineDefault,
            cancel),
        DeadlineWhenDown = Shortened(ForwardOptions.DeadlineWhenDownDefault, cancel),
        Servers = [.. forward.To.Select(to => new UpstreamEndpoint(
            new IPEndPoint(to.Address, to.Port), to.Tls, to.ServerName, to.Scope))],
        Policy = forward.Policy switch
        {
            ForwardPolicy.RoundRobin => SelectionPolicy.RoundRobin,
            ForwardPolicy.Sequential => SelectionPolicy.Sequential,
            _ => SelectionPolicy.Random,
        },
        ForceTcp = forward.ForceTcp,
        PreferUdp = forward.PreferUdp,
        Expire = forward.Expire,
        MaxAge = forward.MaxAge,
        MaxIdleConnections = forward.MaxIdleConns,
        MaxFails = forward.MaxFails,
        MaxConnectAttempts = forward.MaxConnectAttempts,
        ReadTimeout = forward.ReadTimeout,
        MaxConcurrent = forward.MaxConcurrent,
        HealthCheck = new HealthCheckOptions
        {
            Interval = forward.HealthCheck.Interval,
            RecursionDesired = forward.HealthCheck.RecursionDesired,
            Domain = forward.HealthCheck.Domain,
        },
        Failover = Set(forward.Failover),
        Next = Set(forward.Next),
        NextOnNodata = forward.NextOnNodata,
        FailfastAllUnhealthy = forward.FailfastAllUnhealthy,
        Tls = forward.Tls is null && forward.TlsServerName is null ? null : new UpstreamTls
        {
            ServerName = forward.TlsServerName,
            CertificateFile = forward.Tls?.CertificateFile,
            KeyFile = forward.Tls?.KeyFile,
            CaFile = forward.Tls?.CaFile,
        },
        SourceAddress = forward.SourceAddress,
    };

    private static TimeSpan Shortened(TimeSpan deadline, CancelConfig? cancel)
    {
        if (cancel is null || cancel.Timeout > deadline)
        {
            return deadline;
        }

        return cancel.Timeout < ForwardOptions.DeadlineMinimum ? ForwardOptions.DeadlineMinimum : cancel.Timeout;
    }

    private static RcodeSet Set(IEnumerable<ushort> rcodes) => new([.. rcodes.Select(rcode => (int)rcode)]);
}
