using System.Net;
using DnsClient;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>Asks a name through the local address, as a pod would, and through cluster DNS when that fails: the cache
/// answers wrongly only if cluster DNS knows better.</summary>
internal sealed class CacheProbe(EventLoop loop, IPEndPoint local, IPEndPoint clusterDns, string name)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(1);
    private bool _running;

    /// <summary>Asks once; does nothing while an earlier probe is still out.</summary>
    /// <param name="onVerdict">On the loop: null when the cache answered as it should, otherwise what was
    /// wrong.</param>
    public void Ask(Action<string?> onVerdict)
    {
        if (_running)
        {
            return;
        }
        _running = true;
        _ = Task.Run(async () =>
        {
            var verdict = await AskAsync().ConfigureAwait(false);
            loop.Post(() =>
            {
                _running = false;
                onVerdict(verdict);
            });
        });
    }

    private async Task<string?> AskAsync()
    {
        var here = await AskAsync(local).ConfigureAwait(false);
        if (here is null)
        {
            return null;
        }
        return await AskAsync(clusterDns).ConfigureAwait(false) is null
            ? $"{name} from {local}: {here}, but cluster DNS answers it"
            : null;
    }

    /// <summary>null when the server answered; NXDOMAIN is an answer.</summary>
    private async Task<string?> AskAsync(IPEndPoint server)
    {
        var client = new LookupClient(new LookupClientOptions(server)
        {
            Timeout = s_timeout,
            Retries = 0,
            UseCache = false,
            UseTcpFallback = false,
            ThrowDnsErrors = false,
        });
        try
        {
            var response = await client.QueryAsync(name, QueryType.A).ConfigureAwait(false);
            return response.Header.ResponseCode is DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain
                ? null
                : response.Header.ResponseCode.ToString();
        }
        catch (DnsResponseException failure)
        {
            return failure.Message;
        }
    }
}
