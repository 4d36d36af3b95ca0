using NodeDns.Cache.Commands;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Tests.Corefile;
using NodeDns.Corefile;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Query;

/// <summary>What `check` prints, the table says and a query meets is one order.</summary>
public class StepOrderTests
{
    /// <summary>For each two steps that meet the same question, what shows which of them met it first.</summary>
    /// <param name="Question">Name and type.</param>
    /// <param name="FirstWins">Of the reply, or null where there is none yet.</param>
    private sealed record Pair(
        string First, string Second, string FirstLines, string SecondLines, string Question, Func<DnsMessage?, bool> FirstWins)
    {
        public override string ToString() => $"{First} before {Second}";
    }

    private const string Template = "template IN A . {\n answer \"{{ .Name }} 60 IN A 192.0.2.10\"\n }\n";
    private const string Hosts = "hosts /nonexistent {\n 192.0.2.20 www.example x.localhost\n fallthrough\n }\n";
    private const string Dns64 = "dns64 {\n translate_all\n allow_ipv4\n }\n";
    private const string Forward = "forward . 192.0.2.53\n";

    private static readonly Pair[] s_pairs =
    [
        new("local", "dns64", "local\n", Dns64, "x.localhost. AAAA", reply => reply?.Answer.Single().Data == "::1"),
        new("local", "acl", "local\n", "acl {\n block\n }\n", "x.localhost. A", reply => reply?.Rcode == 0),
        new("dns64", "acl", Dns64, "acl {\n block type A\n }\n" + Template, "www.example. AAAA",
            reply => reply?.Rcode != 0 || reply.Answer.Count == 0),
        new("acl", "any", "acl {\n block\n }\n", "any\n", "www.example. ANY", reply => reply?.Rcode == 5),
        new("any", "template", "any\n", "template IN ANY . {\n rcode NXDOMAIN\n }\n", "www.example. ANY",
            reply => reply?.Answer.Single().ToString().Contains("HINFO", StringComparison.Ordinal) == true),
        new("rewrite", "template", "rewrite name exact www.example. other.example.\n",
            "template IN A example. {\n match ^other\n answer \"{{ .Name }} 60 IN A 192.0.2.10\"\n fallthrough\n }\n"
            + "template IN A example. {\n rcode NXDOMAIN\n }\n",
            "www.example. A", reply => reply?.Answer.Count == 1),
        new("template", "hosts", Template, Hosts, "www.example. A", reply => reply?.Answer.Single().Data == "192.0.2.10"),
        new("hosts", "forward", Hosts, Forward, "www.example. A", reply => reply?.Answer.Single().Data == "192.0.2.20"),
        new("forward", "whoami", Forward, "whoami\n", "www.example. A", reply => reply is null),
    ];

    public static TheoryData<string> Pairs() => [.. s_pairs.Select(pair => pair.ToString())];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_query_meets_steps_in_the_order_of_the_table_and_check_prints_it(string which)
    {
        var pair = s_pairs.Single(known => known.ToString() == which);
        foreach (var block in new[] { pair.FirstLines + pair.SecondLines, pair.SecondLines + pair.FirstLines })
        {
            var file = $".:53 {{\n bind 127.0.0.1\n {block}}}\n";
            using var harness = new QueryHarness(file);
            var question = pair.Question.Split(' ');
            Assert.True(pair.FirstWins(harness.Ask(question[0], question[1])), $"{pair.Second} came first in\n{file}");
            Assert.True(Place(Printed(file), pair.First) < Place(Printed(file), pair.Second));
        }
        var order = DirectiveTable.InOrder.Select(directive => directive.Name).ToList();
        Assert.True(Place(order, pair.First) < Place(order, pair.Second));
    }

    [Fact]
    public void The_cache_is_asked_before_rewrite_and_after_acl()
    {
        using var harness = new QueryHarness(".:53 {\n bind 127.0.0.1\n cache\n rewrite name exact a.example. b.example.\n"
            + " acl {\n block type AAAA\n }\n forward . 192.0.2.53\n}\n");
        Assert.Null(harness.Ask("a.example."));
        harness.Workers[0].Upstreams[0].Answer(reply => reply.Answer.Add(DnsRecord.Parse("b.example. 60 IN A 192.0.2.1")));
        Assert.Equal("a.example.", harness.Ask("a.example.")!.Answer.Single().Owner);
        Assert.Null(harness.Ask("b.example."));
        Assert.Equal(5, harness.Ask("a.example.", "AAAA")!.Rcode);
    }

    [Fact]
    public void Check_prints_a_block_with_every_directive_in_the_order_of_the_table()
    {
        const string Every = ".:53 {\n whoami\n forward . 192.0.2.1\n loop\n hosts /nonexistent\n template IN A .\n minimal\n"
            + " rewrite type A AAAA\n search_cut example\n cache\n loadbalance\n any\n acl {\n allow\n }\n dns64\n local\n log\n dnstap /a.sock\n errors\n prometheus\n"
            + " pprof\n health\n ready\n trace\n debug\n bind 127.0.0.1\n bufsize\n reload\n timeouts {\n read 1s\n }\n cancel\n}\n";
        Assert.Equal(
            DirectiveTable.InOrder.Select(directive => directive.Name).Except(["bind", "trace", "pprof"]).Prepend("listen"),
            Printed(Every));
    }

    [Fact]
    public void The_page_lists_the_directives_in_the_order_of_the_table()
    {
        var page = File.ReadAllText(Path.Combine(TestFiles.RepositoryRoot, "docs/corefile/README.md"));
        var table = page[page.IndexOf("CoreDNS's own:", StringComparison.Ordinal)..page.IndexOf("A directive of CoreDNS", StringComparison.Ordinal)];
        Assert.Equal(
            DirectiveTable.InOrder.Select(directive => directive.Name),
            table.Split("](")[1..].Select(link => link[..link.IndexOf(".md", StringComparison.Ordinal)]));
    }

    [Fact]
    public void Every_step_is_built_or_a_station_of_the_main_path() => Assert.Equal(
        DirectiveTable.InOrder.Where(directive => directive.IsStep).Select(directive => directive.Name).Order(),
        StepTable.Names.Concat(["cache", "forward", "prometheus", "search_cut", "trace"]).Order());

    private static List<string> Printed(string file)
    {
        using var text = new StringWriter();
        CheckReport.Write(CorefileLoader.Load("Corefile", file, new CorefileOptions()).Config!, text);
        return [.. text.ToString().Split('\n').Where(line => line.StartsWith("  ")).Select(line => line.Trim().Split(' ')[0])];
    }

    private static int Place(List<string> order, string name) => order.IndexOf(name) is >= 0 and var place
        ? place
        : throw new ArgumentException($"{name} is not printed");
}
