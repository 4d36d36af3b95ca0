using System.Collections.Concurrent;
using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Scenarios.Search;

/// <summary>Lookups through the cache, of which every answer about the cluster is compared with CoreDNS's own.</summary>
internal sealed class SearchRun(SearchServers servers, SearchCluster cluster, TimeSpan memory)
{
    private const int Cname = 5;

    private int _asked, _explained;

    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Answers that CoreDNS no longer gives, about something that has just changed.</summary>
    public int Explained => Volatile.Read(ref _explained);

    public ConcurrentQueue<string> Differences { get; } = [];

    /// <summary>The names that pods have asked for outside the cluster.</summary>
    public ConcurrentDictionary<string, bool> Absolute { get; } = [];

    public Task LookUp(StubResolver resolver, string typed) => LookUp(resolver, typed, "A", "AAAA");

    /// <param name="types">What is asked for each name.</param>
    public async Task LookUp(StubResolver resolver, string typed, params string[] types) => await resolver.LookUp(typed, async name =>
    {
        if (!name.EndsWith("cluster.local.", StringComparison.Ordinal))
        {
            Absolute[name] = true;
        }

        var found = await Task.WhenAll(types.Select(type => Ask(name, type)));
        return found.Max();
    });

    private async Task<Found> Ask(string name, string type)
    {
        Interlocked.Increment(ref _asked);
        var answer = await servers.AskCache(name, type);
        if (name.EndsWith("cluster.local.", StringComparison.Ordinal))
        {
            await Compare(name, type, answer);
        }

        return answer is null or { Rcode: not (0 or 3) } ? Found.NoAddress
            : answer.Rcode == 3 ? Found.NoName
            : answer.Answer.Exists(record => record.Type != Cname) ? Found.Address : Found.NoAddress;
    }

    private async Task Compare(string name, string type, DnsMessage? answer)
    {
        var theirs = await servers.AskCoreDns(name, type);
        if (Text(answer) == Text(theirs))
        {
            return;
        }

        // What a rule of CoreDNS makes of the name depends on another one.
        if (cluster.ChangedWithin(name, memory)
            || cluster.ChangedWithin(name.Replace(".legacy.", ".", StringComparison.Ordinal), memory))
        {
            Interlocked.Increment(ref _explained);
            return;
        }

        Differences.Enqueue($"{name} {type}: {Text(answer)}, and CoreDNS says {Text(theirs)}");
    }

    private static string Text(DnsMessage? message) => message is null ? "nothing"
        : string.Join(' ', message.Answer.Select(record => $"{record.Type}:{record.Data}").Order().Prepend(message.RcodeText));
}
