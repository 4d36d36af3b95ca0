using System.Globalization;
using System.Text;
using NodeDns.EndToEnd.Cluster;
using NodeDns.EndToEnd.Continuity;

namespace NodeDns.EndToEnd.BadDay;

/// <summary>A bad day of cluster DNS, measured (<c>make bad-day</c>): real CoreDNS pods behind the ClusterIP, which our cache, as
/// the chart installs it, and node-cache's CoreDNS ask at the same time for names that nobody has asked for before.</summary>
/// <remarks>It takes minutes, so CI has the short form: Cache.Scenarios, BadDayTests. The two askers share one pod; the rate is
/// NODEDNS_BAD_DAY_RATE for each.</remarks>
[Collection(Order.BadDay)]
[Trait("kind", "measurement")]
public sealed class BadDayRun(Installation installation, ITestOutputHelper output)
{
    private const string Ns = Installation.Labelled;
    private const string Pod = "bad-day";

    /// <summary>How long lookups go on after something has happened.</summary>
    private static readonly TimeSpan s_after = TimeSpan.FromSeconds(20);

    private static readonly int s_perSecond = int.Parse(
        Environment.GetEnvironmentVariable("NODEDNS_BAD_DAY_RATE") ?? "500", CultureInfo.InvariantCulture);

    [Fact(Explicit = true)]
    public void No_lookup_is_lost_on_a_bad_day_of_cluster_DNS()
    {
        Pods.Start(Pods.Sleeping(Ns, Pod));
        NodeCache.Start(installation.ClusterDns);
        var day = new List<Row>();
        try
        {
            ClusterDns.Scale(3);
            day.Add(Measure("nothing", pods: 3, () => { }));
            var pod = ClusterDns.Some();
            day.Add(Measure("one pod of three is killed", pods: 3, () => ClusterDns.Kill(pod)));
            Kubectl.WaitReady(ClusterDns.Namespace, "pod/" + pod);
            day.Add(Measure("one is frozen (SIGSTOP)", pods: 3, () => ClusterDns.Freeze(pod)));
            ClusterDns.Thaw(pod);
            Kubectl.WaitReady(ClusterDns.Namespace, "pod/" + pod);
            day.Add(Measure("one is cut off: it loses its routes", pods: 3, () => ClusterDns.CutOff(pod)));
            ClusterDns.Replace(pod);
            ClusterDns.AddTurning();
            day.Add(Measure("one of four answers SERVFAIL", pods: 4, ClusterDns.Turn));
            ClusterDns.RemoveTurning();
            day.Add(Measure("all three restart, one after the other", pods: 3, ClusterDns.Restart));
            ClusterDns.Scale(1);
            day.Add(Measure("one pod becomes ten, then one again", pods: 1, () =>
            {
                ClusterDns.Scale(10);
                ClusterDns.UntilKnown(10);
                ClusterDns.Scale(1);
            }));
        }
        finally
        {
            Tell(Table(day));
            ClusterDns.RemoveTurning();
            NodeCache.Stop();
            Kubectl.Run("delete", "pod", "-n", Ns, Pod, "--wait=false");
            Kubectl.Run("scale", "-n", ClusterDns.Namespace, "deployment/coredns", "--replicas=1");
        }

        Assert.All(day, row => Assert.True(row.Ours.Lost == 0, $"{row.What}: {row.Ours}"));
    }

    /// <param name="pods">How many our cache has to know before something happens.</param>
    private Row Measure(string what, int pods, Action happens)
    {
        using var ours = Ask(Installation.LocalAddress);
        using var theirs = Ask(NodeCache.Address);
        ClusterDns.UntilKnown(pods);
        ours.CountFromHere();
        theirs.CountFromHere();
        happens();
        Task.Delay(s_after).Wait();
        var ends = new[] { ours, theirs }.Select(asker => Task.Run(asker.Stop)).ToArray();
        var row = new Row(what, ends[0].Result, ends[1].Result);
        Tell($"{what}\n    node-dns-cache: {row.Ours}\n    node-cache: {row.Theirs}");
        return row;
    }

    private static Asker Ask(string server) => new(Ns, Pod, server, "udp", s_perSecond, ClusterDns.Fresh);

    private static string Table(List<Row> day)
    {
        var table = new StringBuilder("""
            | what happens | node-dns-cache: lookups | lost | the slowest | p99.9 | node-cache: lookups | lost | the slowest | p99.9 |
            |---|---:|---:|---:|---:|---:|---:|---:|---:|

            """);
        foreach (var row in day)
        {
            table.AppendLine(CultureInfo.InvariantCulture, $"| {row.What} | {Cells(row.Ours)} | {Cells(row.Theirs)} |");
        }

        return table.ToString();

        static string Cells(Lookups of) => string.Create(CultureInfo.InvariantCulture,
            $"{of.Sent:N0} | {of.Lost:N0} | {of.SlowestMs:N0} ms | {of.P999Ms:N0} ms");
    }

    private void Tell(string text)
    {
        output.WriteLine(text);
        Console.WriteLine(text);
    }

    private sealed record Row(string What, Lookups Ours, Lookups Theirs);
}
