using NodeDns.Corefile;

namespace NodeDns.Cache.Commands;

/// <summary>`node-dns-cache check FILE`: prints what the file configures, with warnings, or all errors in it.</summary>
internal static class CheckCommand
{
    /// <summary>Returns 0 when the file can be served, and 1 when it has errors, which are written to
    /// <paramref name="error"/>, one on each line.</summary>
    /// <remarks>Host names of upstreams are looked up only if the options provide a look-up.</remarks>
    public static int Run(string file, TextWriter output, TextWriter error, CorefileOptions options)
    {
        if (options.Files.Read(file, out var reason) is not { } text)
        {
            error.WriteLine($"{file}:1: file: {file}: expected a readable file: {reason}");
            return 1;
        }

        var (pillars, assumed) = StandIns(text, options.Pillars);
        foreach (var (variable, value) in assumed)
        {
            error.WriteLine($"warning: {file}:1: {variable}: (no value): checked as if it were {value}");
        }

        var result = CorefileLoader.Load(file, text, options with { Pillars = pillars });
        foreach (var warning in result.Warnings)
        {
            error.WriteLine($"warning: {warning}");
        }

        foreach (var problem in result.Errors)
        {
            error.WriteLine(problem.ToString());
        }

        if (result.Config is not { } config)
        {
            return 1;
        }

        CheckReport.Write(config, output);
        return 0;
    }

    /// <summary>Values for variables that have none, because a file from a manifest may be checked before the addresses
    /// of its cluster are known.</summary>
    private static (PillarValues Values, List<(string Variable, string Value)> Assumed) StandIns(
        string text, PillarValues given)
    {
        var assumed = new List<(string, string)>();
        return (given with
        {
            LocalAddresses = given.LocalAddresses.IsEmpty ? [Value(PillarText.LocalDns, "169.254.20.10")] : given.LocalAddresses,
            ClusterDns = given.ClusterDns ?? Value(PillarText.ClusterDns, "192.0.2.53"),
            ClusterDomain = given.ClusterDomain ?? Value(PillarText.Domain, "cluster.local"),
            PrometheusEndpoint = given.PrometheusEndpoint ?? Value(PillarText.PrometheusEndpoint, ":9253"),
        }, assumed);

        string Value(string variable, string value)
        {
            if (text.Contains(variable, StringComparison.Ordinal))
            {
                assumed.Add((variable, value));
            }

            return value;
        }
    }
}
