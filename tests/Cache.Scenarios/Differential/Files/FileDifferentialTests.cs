using System.Collections.Concurrent;
using NodeDns.Cache.Commands;
using NodeDns.Cache.Serve;
using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Scenarios.Differential.Files;

/// <summary>Which files CoreDNS and we take.</summary>
public sealed class FileDifferentialTests(ITestOutputHelper output)
{
    private static readonly CorefileOptions s_reading = ServeCommand.Reading(new ServeOptions { ConfigFile = "Corefile" });

    [Fact]
    public async Task Every_directive_that_CoreDNS_takes_is_taken_or_named_in_the_documents()
    {
        var folder = Directory.CreateTempSubdirectory("nodedns-files-").FullName;
        try
        {
            var program = CoreDnsBinary.Unpack(folder);
            Assert.SkipWhen(program is null, "no coredns.tar.xz in CLUSTER_TOOLS: nothing to compare with");
            var snippets = Snippets.All();
            var differences = await Compare(new CoreDnsReading(program!, folder), snippets);
            Report(snippets.Count, differences);

            var unexplained = differences.Where(difference => KnownFileDifferences.Of(difference) is null).ToList();
            Assert.True(unexplained.Count == 0,
                $"{unexplained.Count} unexplained differences, the first of them:\n{string.Join('\n', unexplained.Take(20))}");
            Assert.Equal([], KnownFileDifferences.All.Select(known => known.Heading).Distinct()
                .Except(differences.Select(difference => KnownFileDifferences.Of(difference)!.Heading)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Every_named_difference_has_its_heading_in_the_documents() =>
        Assert.Equal([], KnownFileDifferences.All.Select(known => known.Heading).Distinct().Except(DifferencesPage.Headings()));

    /// <summary>What both take costs CoreDNS one start; what we refuse, and what could hide its neighbours, one each.
    /// </summary>
    private static async Task<List<FileDifference>> Compare(CoreDnsReading coreDns, List<Snippet> snippets)
    {
        var ours = snippets.ToDictionary(snippet => snippet, Refusal);
        var together = snippets.Where(snippet => ours[snippet] is null && snippet.IsRegular).ToList();
        var theirs = new ConcurrentDictionary<Snippet, string>(await coreDns.Refused(together));
        await Parallel.ForEachAsync(
            snippets.Except(together),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (snippet, _) =>
            {
                if (await coreDns.Refusal(snippet) is { } said)
                {
                    theirs[snippet] = said;
                }
            });
        return
        [
            .. snippets.Select(snippet => new FileDifference(snippet, theirs.GetValueOrDefault(snippet), ours[snippet]))
                .Where(difference => (difference.CoreDns is null) != (difference.Ours is null)),
        ];
    }

    /// <summary>What we say against a snippet, as `serve` reads it; null when we take it.</summary>
    private static string? Refusal(Snippet snippet)
    {
        var errors = CorefileLoader.Load("Corefile", snippet.Block(0), s_reading).Errors;
        return errors.IsEmpty ? null : errors[0].ToString();
    }

    private void Report(int compared, List<FileDifference> differences)
    {
        output.WriteLine($"{compared} snippets, {differences.Count} differences:");
        foreach (var group in differences.GroupBy(difference => KnownFileDifferences.Of(difference)?.Heading ?? "UNEXPLAINED")
            .OrderByDescending(group => group.Count()))
        {
            output.WriteLine($"{group.Count(),5}  {group.Key}");
            foreach (var difference in group)
            {
                output.WriteLine($"       {difference}");
            }
        }
    }
}
