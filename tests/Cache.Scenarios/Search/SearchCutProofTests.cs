using System.Diagnostics;
using System.Globalization;
using NodeDns.Cache.Scenarios.Differential;
using Xunit;

namespace NodeDns.Cache.Scenarios.Search;

/// <summary>search_cut beside the real thing: CoreDNS's kubernetes plugin on a real API server, asked by random pods while
/// Services come and go.</summary>
/// <remarks>Wrong designs were tried against the short form, which failed. With a cut below every NXDOMAIN, names that exist below
/// denied ones are missing: ns.dns.cluster.local.…, and those of CoreDNS's own rewrite and hosts rules (Every_answer…). With one
/// learnt from any type, what is in the namespace com is missing (Below_what_is_denied…, and Every_answer… by its TXT questions).
/// With a denial kept for a minute longer than its TTL, what is made meanwhile is missing (What_is_made_below…). Asking ahead for
/// every label asks the outside for names of the cluster, such as com.shop (Every_answer…).
/// NODEDNS_SEARCH_QUESTIONS is the number of questions for each configuration of CoreDNS, 4,000 when it is not set;
/// `make search-proof` asks 20,000.</remarks>
public sealed class SearchCutProofTests(SearchCluster cluster, ITestOutputHelper output) : IClassFixture<SearchCluster>
{
    /// <summary>How long an answer may be as it was: its TTL, and what a watch and a slow machine add.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromSeconds(5 + 3);

    /// <summary>Until the labels are known and the first denials have been renewed.</summary>
    private const int WarmSeconds = 8;

    private static readonly string[] s_namespaces = ["shop", "cart", "pay", "com"];
    private static readonly string[] s_otherTypes = ["TXT", "SRV", "MX"];
    private static readonly SemaphoreSlim s_furnished = new(1, 1);
    private static readonly bool s_isLong = Environment.GetEnvironmentVariable("NODEDNS_SEARCH_QUESTIONS") is not null;
    private static bool s_isFurnished;

    private static readonly Dictionary<string, string> s_coreDns = new()
    {
        ["pods insecure"] = "kubernetes cluster.local {\n kubeconfig {kubeconfig}\n pods insecure\n }",
        ["pods verified, fallthrough"] =
            "kubernetes cluster.local {\n kubeconfig {kubeconfig}\n pods verified\n fallthrough\n }\nforward . {beyond}",
        ["hosts before"] = "hosts {\n 10.9.9.1 db.legacy.shop.svc.cluster.local\n fallthrough\n }\n"
            + "kubernetes cluster.local {\n kubeconfig {kubeconfig}\n pods insecure\n }",
        ["rewrite before"] = "rewrite name suffix .legacy.shop.svc.cluster.local. .shop.svc.cluster.local. answer auto\n"
            + "kubernetes cluster.local {\n kubeconfig {kubeconfig}\n pods disabled\n ttl 30\n }",
    };

    [Fact]
    public async Task Every_answer_is_the_one_that_cluster_DNS_gives_or_gave_within_its_TTL()
    {
        await Ready();
        using var end = new CancellationTokenSource();
        var changes = Change(end.Token);
        await Task.WhenAll(s_coreDns.Keys.Select(Compare));
        await end.CancelAsync();
        await changes;
    }

    private async Task Compare(string configuration)
    {
        var questions = int.Parse(
            Environment.GetEnvironmentVariable("NODEDNS_SEARCH_QUESTIONS") ?? "4000", CultureInfo.InvariantCulture);
        var coreDns = await Ready();
        using var outside = OutsideWorld.Start();
        using var servers = await SearchServers.Start(cluster, coreDns, outside, s_coreDns[configuration], cut: true);
        await Until(async () => (await servers.AskCoreDns("web.shop.svc.cluster.local.", "A"))?.Answer.Count > 0
            && (await servers.AskCache("web.shop.svc.cluster.local.", "A"))?.Answer.Count > 0);

        var run = new SearchRun(servers, cluster, s_memory);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(pod => Pod(run, new Random(pod), questions)));
        var cut = await servers.Metric("nodedns_cache_denials_cut_total");
        output.WriteLine($"{configuration}: {run.Asked} questions, {run.Explained} answered as it was a moment ago; "
            + await servers.Counted());
        Assert.True(run.Differences.IsEmpty, $"{configuration}:\n" + string.Join('\n', run.Differences.Take(20)));
        // With fallthrough it is another server that denies, and its denial is not the cluster domain's own.
        Assert.True(cut > run.Asked / 20.0 || configuration.Contains("fallthrough", StringComparison.Ordinal), $"only {cut} of {run.Asked} were denied from memory");
        Assert.Equal([], outside.Queries.Select(seen => seen.Query.Question!.Name).Distinct().Except(run.Absolute.Keys).Where(IsInside));
    }

    [Fact]
    public async Task What_is_made_below_a_denied_place_is_found_when_the_denial_has_expired()
    {
        var coreDns = await Ready();
        using var outside = OutsideWorld.Start();
        using var servers = await SearchServers.Start(cluster, coreDns, outside, s_coreDns["pods insecure"], cut: true);
        var resolver = new StubResolver("pay", IsMusl: false);
        var run = new SearchRun(servers, cluster, s_memory);
        var random = new Random(5);
        await Until(async () =>
        {
            await run.LookUp(resolver, $"api{random.Next(100_000)}.dev");
            return await servers.Metric("nodedns_cache_denials_cut_total") > 4;
        });

        await cluster.Service("pay", "dev", isHeadless: true);
        await cluster.Endpoints("pay", "dev", ("h0", "10.1.4.1"));
        var made = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(made) < s_memory)
        {
            // The denial stays in use, and is renewed for as long as cluster DNS denies the place.
            await run.LookUp(resolver, $"api{random.Next(100_000)}.dev");
            await Task.Delay(50);
        }

        Assert.Equal("10.1.4.1", Assert.Single((await servers.AskCache("h0.dev.pay.svc.cluster.local.", "A"))!.Answer).Data);
        Assert.True(run.Differences.IsEmpty, string.Join('\n', run.Differences.Take(20)));
    }

    /// <summary>CoreDNS says that a namespace does not exist when it is asked for a TXT record of it.</summary>
    [Fact]
    public async Task Below_what_is_denied_for_another_type_addresses_are_found()
    {
        var coreDns = await Ready();
        using var outside = OutsideWorld.Start();
        using var servers = await SearchServers.Start(cluster, coreDns, outside, s_coreDns["pods insecure"], cut: true);
        await Until(async () => (await servers.AskCache("web.com.svc.cluster.local.", "A"))?.Answer.Count > 0);
        await servers.AskCache("site0.com.", "A");
        await Denied("one.com.svc.cluster.local.", "A", "AAAA");
        await Denied("com.svc.cluster.local.", "TXT");
        await Denied("two.com.svc.cluster.local.", "A", "AAAA");
        Assert.Single((await servers.AskCache("h0.example.com.svc.cluster.local.", "A"))!.Answer);

        async Task Denied(string name, params string[] types)
        {
            foreach (var type in types)
            {
                Assert.Equal(3, (await servers.AskCache(name, type))!.Rcode);
            }
        }
    }

    [Fact]
    public async Task Of_a_burst_of_outside_names_one_question_in_eight_is_left_to_cluster_DNS()
    {
        // 200 names below five top-level domains, in each of some namespaces.
        var namespaces = s_isLong ? 10 : 3;
        var without = await Burst(cut: false, namespaces);
        var with = await Burst(cut: true, namespaces);
        output.WriteLine($"a burst of 200 names in {namespaces} namespaces: {without} questions reach cluster DNS without "
            + $"search_cut, {with} with it: {with / without:P1}");
        Assert.InRange(with / without, 0, 0.12);
    }

    [Fact]
    public async Task Of_thirty_lookups_a_second_one_question_in_five_is_left_to_cluster_DNS()
    {
        var seconds = s_isLong ? 60 : 10;
        var left = await Task.WhenAll(Steady(cut: false, seconds), Steady(cut: true, seconds));
        output.WriteLine($"30 lookups a second for {seconds} s: {left[0]} questions reach cluster DNS without search_cut, "
            + $"{left[1]} with it: {left[1] / left[0]:P1}");
        Assert.InRange(left[1] / left[0], 0, s_isLong ? 0.20 : 0.25);
    }

    private async Task<double> Burst(bool cut, int namespaces)
    {
        var coreDns = await Ready();
        using var outside = OutsideWorld.Start();
        using var servers = await SearchServers.Start(cluster, coreDns, outside, s_coreDns["pods insecure"], cut);
        var before = await servers.Reached();
        var lookups = (from n in Enumerable.Range(0, 200) from ns in Enumerable.Range(0, namespaces) select (n, ns)).ToArray();
        Random.Shared.Shuffle(lookups);
        await Parallel.ForEachAsync(lookups, new ParallelOptions { MaxDegreeOfParallelism = 10 },
            async (lookup, _) => await LookUp(servers, lookup.ns, lookup.n));
        output.WriteLine(await servers.Counted());
        return await servers.Reached() - before;
    }

    private async Task<double> Steady(bool cut, int seconds)
    {
        var coreDns = await Ready();
        using var outside = OutsideWorld.Start();
        using var servers = await SearchServers.Start(cluster, coreDns, outside, s_coreDns["pods insecure"], cut);
        var random = new Random(3);
        var before = 0.0;
        var lookups = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / 30));
        for (var i = 0; i < 30 * (WarmSeconds + seconds) && await timer.WaitForNextTickAsync(); i++)
        {
            if (i == 30 * WarmSeconds)
            {
                before = await servers.Reached();
            }

            lookups.Add(LookUp(servers, random.Next(10), random.Next(200)));
        }

        await Task.WhenAll(lookups);
        output.WriteLine(await servers.Counted());
        return await servers.Reached() - before;
    }

    private static Task<string?> LookUp(SearchServers servers, int ns, int name) =>
        new StubResolver($"ns{ns}", IsMusl: false).LookUp(OutsideWorld.NameOfFive(name), async asked =>
        {
            var answers = await Task.WhenAll(servers.AskCache(asked, "A"), servers.AskCache(asked, "AAAA"));
            return answers[0]?.Answer.Count > 0 ? Found.Address : Found.NoName;
        });

    /// <summary>A name that only exists within the cluster, or is meant there.</summary>
    private static bool IsInside(string name) => name.EndsWith("cluster.local.", StringComparison.Ordinal)
        || name.EndsWith(".svc.", StringComparison.Ordinal)
        || name is "h0.example.com." or "h1.example.com." or "h0.com." || s_namespaces.Any(ns => name.EndsWith($".{ns}.", StringComparison.Ordinal) && ns != "com");

    /// <summary>One pod after the other, each of which looks a name up.</summary>
    private static async Task Pod(SearchRun run, Random random, int questions)
    {
        while (run.Asked < questions)
        {
            var resolver = new StubResolver(s_namespaces[random.Next(s_namespaces.Length)], random.Next(2) == 0);
            var typed = Typed(random);
            await (random.Next(8) == 0 ? run.LookUp(resolver, typed, s_otherTypes[random.Next(3)]) : run.LookUp(resolver, typed));
            await Task.Delay(random.Next(250));
        }
    }

    private static string Typed(Random random)
    {
        string[] services = ["web", "db", "com", "io", "local", "svc", "net", "ext", "none"];
        var service = services[random.Next(services.Length)];
        var ns = s_namespaces[random.Next(s_namespaces.Length)];
        return random.Next(14) switch
        {
            < 6 => OutsideWorld.Name(random.Next(60)),
            6 => service,
            7 => $"{service}.{ns}",
            8 => $"{service}.{ns}.svc",
            9 => $"{service}.{ns}.svc.cluster.local",
            10 => $"h{random.Next(2)}.{service}",
            11 => $"h{random.Next(2)}.{service}.{ns}",
            12 => $"h{random.Next(2)}.example.com",
            _ => ((string[])
            [
                "printer.local", "kubernetes.default", "_http._tcp.web.shop.svc", "10-1-2-3.shop.pod", "10-1-2-9.shop.pod",
                "db.legacy.shop.svc", "web.legacy.shop.svc", "a.b.dev", "dns", "pod", "svc", "ns.dns.cluster.local",
                "legacy.shop.svc", "com.svc", "no.such.name", "web.shop.svc.cluster.local.",
            ])[random.Next(16)],
        };
    }

    /// <summary>Makes and deletes Services, and pods of headless ones, until the end.</summary>
    private async Task Change(CancellationToken end)
    {
        var random = new Random(7);
        var there = new HashSet<(string Ns, string Name)>();
        string[] names = ["com", "io", "local", "svc", "net", "web2"];
        while (!end.IsCancellationRequested)
        {
            var which = (Ns: new[] { "cart", "pay" }[random.Next(2)], Name: names[random.Next(names.Length)]);
            if (there.Remove(which))
            {
                await cluster.DeleteEndpoints(which.Ns, which.Name);
                await cluster.DeleteService(which.Ns, which.Name);
            }
            else
            {
                there.Add(which);
                await cluster.Service(which.Ns, which.Name, isHeadless: random.Next(2) == 0);
                await cluster.Endpoints(which.Ns, which.Name, ("h0", "10.1.3.1"), ("h1", "10.1.3.2"));
            }

            await Task.WhenAny(Task.Delay(1000, end));
        }

        foreach (var (ns, name) in there)
        {
            await cluster.DeleteEndpoints(ns, name);
            await cluster.DeleteService(ns, name);
        }
    }

    /// <summary>Starts the cluster and fills it, once for all tests.</summary>
    private async Task<string> Ready()
    {
        Assert.SkipWhen(cluster.WhyNot is not null, cluster.WhyNot ?? "");
        await s_furnished.WaitAsync();
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(cluster.Folder, "coredns")).FullName;
            var coreDns = Directory.EnumerateFiles(folder, "coredns").FirstOrDefault() ?? CoreDnsBinary.Unpack(folder);
            Assert.SkipWhen(coreDns is null, "no coredns.tar.xz in CLUSTER_TOOLS");
            cluster.Start();
            if (!s_isFurnished)
            {
                await Furnish();
                s_isFurnished = true;
            }

            return coreDns!;
        }
        finally
        {
            s_furnished.Release();
        }
    }

    private async Task Furnish()
    {
        foreach (var ns in s_namespaces)
        {
            await cluster.Namespace(ns);
            await cluster.Service(ns, "web");
            await cluster.Service(ns, "db", isHeadless: true);
            await cluster.Endpoints(ns, "db", ("h0", "10.1.1.1"), ("h1", "10.1.1.2"));
            await cluster.ExternalName(ns, "ext", "www.example.com");
        }

        // What looks like an outside name, and is there all the time.
        await cluster.Service("shop", "com", isHeadless: true);
        await cluster.Endpoints("shop", "com", ("h0", "10.1.2.1"));
        await cluster.Service("shop", "io");
        await cluster.Service("shop", "svc");
        await cluster.Service("com", "local");
        await cluster.Service("com", "example", isHeadless: true);
        await cluster.Endpoints("com", "example", ("h0", "10.1.2.2"), ("h1", "10.1.2.4"));
        await cluster.Pod("shop", "pod", "10.1.2.3");
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1), "CoreDNS does not know the Services");
            await Task.Delay(100);
        }
    }
}
