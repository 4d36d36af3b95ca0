using System.Collections.Immutable;
using System.Net;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Serve;

/// <summary>Converts a forward directive to the options of the Upstream room.</summary>
internal static class UpstreamOptions
{
    /// <param name="own">The addresses that this cache serves at a port.</param>
    /// <param name="cancel">The block's cancel directive, which can only shorten the deadline.</param>
    public static ForwardOptions Of(
        ForwardConfig forward, CancelConfig? cancel, Func<int, ImmutableArray<IPAddress>>? own = null) => new()
        {
            Deadline = Shortened(
            forward.ReadTimeout is { } wait && wait > ForwardOptions.DeadlineDefault ? wait : ForwardOptions.DeadlineDefault,
            cancel),
            DeadlineWhenDown = Shortened(ForwardOptions.DeadlineWhenDownDefault, cancel),
            Servers = [.. forward.To.Select(to => new UpstreamEndpoint(
            new IPEndPoint(to.Address, to.Port), to.Tls, to.ServerName, to.Scope))],
            Endpoints = Endpoints(forward, own),
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
            // A pod that has lost the API server answers SERVFAIL, and fast.
            Failover = forward is { Endpoints: not null, Failover: [] }
            ? new RcodeSet((int)Rcode.ServFail)
            : Set(forward.Failover),
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

    private static EndpointsOptions? Endpoints(ForwardConfig forward, Func<int, ImmutableArray<IPAddress>>? own)
    {
        if (forward.Endpoints is not { } name || forward.To.IsEmpty)
        {
            return null;
        }

        var port = forward.EndpointsPort ?? forward.To[0].Port;
        return new EndpointsOptions(DnsName.ParseLower(name), $"{name}:{port}", port, own?.Invoke(port) ?? []);
    }

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
