using System.Globalization;
using NodeDns.Bench.Kinds;
using NodeDns.Bench.Measuring;
using NodeDns.Bench.Micro;
using NodeDns.Bench.Peers;
using NodeDns.Bench.Reporting;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

if (args is ["micro", .. var filter])
{
    return MicroBenchmarks.Run(filter);
}

if (args is ["kinds"])
{
    return KindTable.Print();
}

// Started by eng/bench inside a network and process namespace of its own, from the top of the repository.
if (args is not ["run", var mode, var cache, var coredns, var tools, var output])
{
    Console.Error.WriteLine("usage: Cache.Bench micro [FILTER] | kinds | run short|full|flood CACHE COREDNS TOOLS OUTPUT");
    return 2;
}

// BASE is another build of the cache, measured beside this one in the same run. FIGURES and PEERS narrow a run down.
var earlier = Environment.GetEnvironmentVariable("BASE");
static Func<string, bool> Named(string variable) =>
    Environment.GetEnvironmentVariable(variable)?.Split(',') is { } names ? names.Contains : _ => true;
var plan = Plan.Of(mode).Only(Named("FIGURES"));
IReadOnlyList<Peer> peers = [.. PeerCatalog.All(cache, coredns, tools, earlier).Where(p => Named("PEERS")(p.Key))];
var machine = Machine.Read();
using var bench = new Bench(plan, peers, coredns, tools, new Progress());
var found = bench.Run();

var report = new Report(plan, machine, peers, found, Sizes.Of(cache, coredns, "artifacts/images"),
    KernelTable.Of(Path.Combine(output, "kernel.json")));
report.Print();
ResultsFile.Write(report, Path.Combine(output, "results.json"));
File.WriteAllText(Path.Combine(output, "performance.svg"), Plot.Svg(report));
File.WriteAllText(
    Path.Combine(output, "performance.md"),
    PerformancePage.Fill(File.ReadAllText("docs/performance.md"), report,
        [report.Kernel?.Section(), WebhookTable.Of(Path.Combine(output, "webhook.json")), GuardTable.Of(Path.Combine(output, "guard.json"))]));
return 0;
