namespace NodeDns.Cache.Corefile;

/// <summary>`node-dns-cache check FILE`: what the file will do and what to know about it, or everything wrong with it.
/// </summary>
public static class CheckCommand
{
    /// <summary>0: the file will be served. 1: it has errors, one a line on <paramref name="error"/>.</summary>
    /// <remarks>Host names of upstreams are not looked up unless the options say how.</remarks>
    public static int Run(string file, TextWriter output, TextWriter error, CorefileOptions options)
    {
        if (options.Files.Read(file, out var reason) is not { } text)
        {
            error.WriteLine($"{file}:1: file: {file}: expected a readable file: {reason}");
            return 1;
        }

        var result = CorefileLoader.Load(file, text, options);
        foreach (var warning in result.Warnings)
            error.WriteLine($"warning: {warning}");
        foreach (var problem in result.Errors)
            error.WriteLine(problem.ToString());
        if (result.Config is not { } config)
            return 1;
        CheckReport.Write(config, output);
        return 0;
    }
}
