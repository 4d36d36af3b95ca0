using System.Net;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Scenarios.Differential;

public sealed class DifferentialTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task Every_difference_from_CoreDNS_is_named_in_the_documents()
    {
        var folder = Directory.CreateTempSubdirectory("nodedns-diff-").FullName;
        try
        {
            var coreDns = CoreDnsBinary.Unpack(folder);
            Assert.SkipWhen(coreDns is null, "no coredns.tar.xz in CLUSTER_TOOLS: nothing to compare with");
            var (asked, differences) = await Compare(coreDns!, folder);
            Report(asked, differences);

            var unexplained = differences.Where(difference => KnownDifferences.Of(difference) is null).ToList();
            Assert.True(unexplained.Count == 0,
                $"{unexplained.Count} unexplained differences, the first of them:\n{string.Join('\n', unexplained.Take(10))}");
            Assert.True(asked >= 500, $"only {asked} questions");
            Assert.Equal([], KnownDifferences.All.Select(known => known.Heading).Distinct()
                .Except(differences.Select(difference => KnownDifferences.Of(difference)!.Heading)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Every_named_difference_has_its_heading_in_the_documents() =>
        Assert.Equal([], KnownDifferences.All.Select(known => known.Heading).Distinct().Except(DifferencesPage.Headings()));

    private static async Task<(int Asked, List<Difference> Differences)> Compare(string coreDnsProgram, string folder)
    {
        using var upstream = new FakeUpstream { Otherwise = SampleAnswers.To };
        int[] ports = [.. Enumerable.Range(0, 6).Select(_ => Ports.Next())];
        var theirs = new IPEndPoint(IPAddress.Loopback, ports[0]);
        var own = new IPEndPoint(IPAddress.Loopback, ports[1]);
        var theirFile = Path.Combine(folder, "Corefile.coredns");
        var ownFile = Path.Combine(folder, "Corefile.ours");
        await File.WriteAllTextAsync(theirFile, NodeLocalCorefile.Text(theirs, upstream.EndPoint, ports[2], ports[3]));
        await File.WriteAllTextAsync(ownFile, NodeLocalCorefile.Text(own, upstream.EndPoint, ports[4], ports[5]));
        using var coreDns = await ServerProcess.Start(theirs, coreDnsProgram, "-conf", theirFile);
        using var ours = await ServerProcess.Start(own, "dotnet",
            Path.Combine(AppContext.BaseDirectory, "node-dns-cache.dll"), "serve", "--conf", ownFile);

        var differences = new List<Difference>();
        var cases = Questions.All();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < cases.Count; i++)
            {
                var query = cases[i].Query((ushort)(i + 1));
                var answers = await Task.WhenAll(
                    coreDns.Ask(query, cases[i].OverTcp, s_patience), ours.Ask(query, cases[i].OverTcp, s_patience));
                differences.AddRange(Difference.Between(cases[i], repeated: round > 0, answers[0], answers[1]));
            }
        }
        return (cases.Count * 2, differences);
    }

    private void Report(int asked, List<Difference> differences)
    {
        output.WriteLine($"{asked} questions to each, {differences.Count} differences:");
        foreach (var group in differences.GroupBy(difference => KnownDifferences.Of(difference)?.Heading ?? Unexplained(difference))
            .OrderByDescending(group => group.Count()))
        {
            output.WriteLine($"{group.Count(),5}  {group.Key}: {group.First().Case}, {group.First().Part}");
        }
    }

    private static string Unexplained(Difference difference) =>
        $"UNEXPLAINED {difference.Part} of {difference.Case.Name.Split('.').ElementAtOrDefault(1)} {difference.Case.Type}" +
        (difference.Repeated ? ", repeated" : "");
}
