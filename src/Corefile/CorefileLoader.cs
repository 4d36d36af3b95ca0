using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>Loads a Corefile: returns a configuration, or every reason why there is none.</summary>
public static class CorefileLoader
{
    /// <param name="file">The name that error positions show, and that paths of imports are relative to.</param>
    public static CorefileResult Load(string file, string text, CorefileOptions options)
    {
        var problems = new ProblemList();
        var files = new FileTrail(options.Files);
        files.Note(file);
        // 1. Replace variables, 2. split into words, 3. parse blocks.
        var tokens = Lexer.Read(file, PillarText.Replace(text, options.Pillars), problems);
        var nodes = new Parser(tokens, options, problems, files).Parse();
        if (nodes.IsEmpty && !problems.HasErrors)
        {
            problems.Error(new(file, 1), "zone", "(nothing)", "expected at least one server block");
        }

        // 4. Read the directives.
        var blocks = nodes.Select(node => BlockReader.Read(node, options, problems, files)).ToList();

        // 5. Add what is in the kube-dns ConfigMap. Its upstreamNameservers are in the text already; without those that
        // turn out to be the cache itself, everything is read again.
        if (OwnServers.Among(options.Pillars.UpstreamServers, blocks) is { IsEmpty: false } own)
        {
            return Without(own, file, text, options);
        }

        blocks.AddRange(StubDomainBlocks.Make(options, blocks, problems));

        // 6. Check what concerns several blocks.
        var config = new CorefileConfig { Blocks = SearchCutCheck.Of(blocks, problems) };
        CorefileValidator.Check(config, problems);
        return new(problems.HasErrors ? null : config, problems.Errors, problems.Warnings)
        {
            EntriesLeftOut = problems.EntriesLeftOut,
            Files = files.Paths,
            Patterns = files.Patterns,
        };
    }

    private static CorefileResult Without(
        ImmutableArray<(string Server, SourceLine At)> own, string file, string text, CorefileOptions options)
    {
        var others = options.Pillars.UpstreamServers.RemoveRange(own.Select(server => server.Server));
        var result = Load(file, text, options with { Pillars = options.Pillars with { UpstreamServers = others } });
        var told = own.Select(server => new CorefileProblem(
            server.At, KubeDnsReader.UpstreamNameserversKey, server.Server, OwnServers.Expected));
        return result with { EntriesLeftOut = [.. told, .. result.EntriesLeftOut] };
    }
}
