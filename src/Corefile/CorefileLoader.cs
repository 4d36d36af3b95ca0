namespace NodeDns.Corefile;

/// <summary>The room's door: a Corefile's text in, a configuration or every reason why not out.</summary>
public static class CorefileLoader
{
    /// <param name="file">The name that positions carry, and that imports are relative to.</param>
    public static CorefileResult Load(string file, string text, CorefileOptions options)
    {
        var problems = new ProblemList();
        var files = new FileTrail(options.Files);
        files.Note(file);
        // 1. Variables, 2. words, 3. blocks.
        var tokens = Lexer.Read(file, PillarText.Replace(text, options.Pillars), problems);
        var nodes = new Parser(tokens, options, problems, files).Parse();
        if (nodes.IsEmpty && !problems.HasErrors)
        {
            problems.Error(new(file, 1), "zone", "(nothing)", "expected at least one server block");
        }

        // 4. Directives.
        var blocks = nodes.Select(node => BlockReader.Read(node, options, problems, files)).ToList();

        // 5. Stub domains of the kube-dns ConfigMap.
        blocks.AddRange(StubDomainBlocks.Make(options, blocks, problems));

        // 6. What only shows across blocks.
        var config = new CorefileConfig { Blocks = [.. blocks] };
        CorefileValidator.Check(config, problems);
        return new(problems.HasErrors ? null : config, problems.Errors, problems.Warnings)
        {
            Files = files.Paths,
            Patterns = files.Patterns,
        };
    }
}
