using System.Net;
using DnsClient;
using DnsClient.Protocol;

namespace NodeDns.Demo;

/// <summary>Asks the cache, and keeps no answers of its own.</summary>
internal sealed class Resolver(IPEndPoint cache)
{
    private readonly LookupClient _client = new(new LookupClientOptions(cache)
    {
        UseCache = false,
        Retries = 0,
        Timeout = TimeSpan.FromSeconds(2),
        ThrowDnsErrors = false,
    });

    /// <summary>Whether the cache answers at all yet.</summary>
    public async Task<bool> Answers()
    {
        try
        {
            await _client.QueryAsync("ready.invalid", QueryType.A);
            return true;
        }
        catch (DnsResponseException)
        {
            return false;
        }
    }

    /// <summary>The addresses of a name, or the reason there are none, and how long that took.</summary>
    public async Task<(string Answer, TimeSpan Took)> Ask(string name, QueryType type)
    {
        var started = TimeProvider.System.GetTimestamp();
        var response = await _client.QueryAsync(name, type);
        var took = TimeProvider.System.GetElapsedTime(started);
        var addresses = response.Answers.OfType<AddressRecord>().Select(record => record.Address.ToString()).Order();
        return (response.HasError ? Rcode(response.Header.ResponseCode) : string.Join(' ', addresses), took);
    }

    /// <summary>The name that DNS tools print, not this library's.</summary>
    private static string Rcode(DnsHeaderResponseCode code) =>
        code == DnsHeaderResponseCode.NotExistentDomain ? "NXDOMAIN" : code.ToString();
}
