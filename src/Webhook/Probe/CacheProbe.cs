using System.Diagnostics;
using System.Net;
using DnsClient;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Telemetry;

namespace NodeDns.Webhook.Probe;

/// <summary>Asks the local address periodically whether the node cache answers. The queries come from the webhook's own
/// pod, so they take the same way as those of other pods. One node stands for all; a node without a cache has to be
/// prevented by the guard and by the DaemonSet's rollout.</summary>
internal sealed class CacheProbe : IAsyncDisposable
{
    /// <summary>How many failures in a row count as silence. One lost packet must not stop injection.</summary>
    private const int SilentAfter = 2;

    private readonly LookupClient _client;
    private readonly string _address;
    private readonly string _name;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Counter _answered;
    private readonly Counter _unanswered;
    private readonly Task _loop;
    private volatile int _state = (int)CacheState.Unknown;
    private double _seconds;
    private volatile string _detail = "not asked yet";

    public CacheProbe(
        IPEndPoint cache, string name, TimeSpan interval, TimeSpan timeout, TimeProvider time, MetricRegistry registry,
        ILogger logger)
    {
        _address = cache.Address.ToString();
        registry.Read(
            "nodedns_webhook_local_cache_up", "gauge",
            "1 when the node cache answers, 0 when not; absent when nobody asks it.",
            () => State == CacheState.Answering ? 1 : 0, ("address", _address));
        var probes = registry.Counters(
            "nodedns_webhook_local_cache_probes_total", "Questions to the node cache, by whether it answered.",
            "answered", ["true", "false"]);
        (_answered, _unanswered) = (probes["true"], probes["false"]);
        registry.Read(
            "nodedns_webhook_local_cache_probe_seconds", "gauge", "How long its last answer took.",
            () => Volatile.Read(ref _seconds));
        _name = name;
        _interval = interval;
        _time = time;
        _logger = logger;
        _client = new LookupClient(new LookupClientOptions(cache)
        {
            AutoResolveNameServers = false,
            UseCache = false,
            Retries = 0,
            Timeout = timeout,
            UseTcpFallback = false,
            ThrowDnsErrors = false,
            ContinueOnDnsError = false,
        });
        _loop = Task.Run(RunAsync);
    }

    public CacheState State => (CacheState)_state;

    /// <summary>A description for people: the address, whether it answers, and the last answer or failure.</summary>
    public string Describe() => $"{_address} {State.ToString().ToLowerInvariant()} ({_detail})";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var answered = await AskAsync();
                failures = answered ? 0 : failures + 1;
                if (answered)
                {
                    Become(CacheState.Answering);
                }
                else if (failures >= SilentAfter)
                {
                    Become(CacheState.Silent);
                }
                // After the first failure, ask again soon, so that the state is quickly known.
                var hurry = failures > 0 && failures < SilentAfter;
                await Task.Delay(hurry ? TimeSpan.FromMilliseconds(100) : _interval, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>True for NOERROR and NXDOMAIN. SERVFAIL and REFUSED count as failures, because a pod would get no
    /// address.</summary>
    private async Task<bool> AskAsync()
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var response = await _client.QueryAsync(_name, QueryType.A, cancellationToken: _stop.Token);
            var code = response.Header.ResponseCode;
            _detail = $"{_name} A: {code}";
            if (code is DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain)
            {
                Volatile.Write(ref _seconds, Stopwatch.GetElapsedTime(started).TotalSeconds);
                _answered.Add();
                return true;
            }
        }
        catch (DnsResponseException e)
        {
            _detail = $"{_name} A: {e.InnerException?.Message ?? e.Message}";
        }
        _unanswered.Add();
        return false;
    }

    private void Become(CacheState state)
    {
        if (_state == (int)state)
        {
            return;
        }

        _state = (int)state;
        _logger.CacheStateChanged(_address, state == CacheState.Answering ? "answers" : "is silent", _detail);
    }
}
