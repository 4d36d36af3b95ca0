using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>Loads texts the way the tests need them.</summary>
internal static class Corefiles
{
    public static readonly CorefileOptions Options = new()
    {
        Files = new TestFiles(("/etc/resolv.conf", "search example.org\nnameserver 192.0.2.53\noptions ndots:5\n")),
        Pillars = new()
        {
            LocalAddresses = ["169.254.20.10"],
            ClusterDns = "10.96.0.10",
            ClusterDomain = "cluster.local",
            PrometheusEndpoint = ":9253",
        },
    };

    public static CorefileResult Load(string text, CorefileOptions? options = null) =>
        CorefileLoader.Load("Corefile", text, options ?? Options);

    /// <summary>Fails, with what was wrong, unless the text loads.</summary>
    public static CorefileConfig Good(string text, CorefileOptions? options = null)
    {
        var result = Load(text, options);
        Assert.Equal("", string.Join('\n', result.Errors));
        return result.Config!;
    }

    /// <summary>A block for "." with these directives.</summary>
    public static ServerBlockConfig Block(string directives) => Assert.Single(Good($". {{\n{directives}\n}}\n").Blocks);

    /// <summary>Errors of a block whose first directive stands on line 2, one a line, without "Corefile:".</summary>
    public static string Errors(string directives) => Text(Load($". {{\n{directives}\n}}\n").Errors);

    public static string Warnings(string directives) => Text(Load($". {{\n{directives}\n}}\n").Warnings);

    public static string Text(IEnumerable<CorefileProblem> problems) =>
        string.Join('\n', problems.Select(problem => problem.ToString().Replace("Corefile:", "", StringComparison.Ordinal)));
}
