using System.Text.RegularExpressions;

namespace NodeDns.Chart.Tests;

/// <summary>Values that the documents tell an operator to set.</summary>
public sealed partial class DocumentTests(ApiServer server)
{
    public static TheoryData<string, string> Blocks =>
    [
        .. from page in new[] { "install.md", "migrate.md", "uninstall.md", "zones.md" }
           from section in Regex.Split(File.ReadAllText(Path.Combine(Tool.Checkout, "docs", page)), "^##+ ", RegexOptions.Multiline)
           from block in Yaml().Matches(section)
           select ($"{page}: {section.Split('\n')[0]}", Unindented(block)),
    ];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void They_render_to_a_valid_corefile_and_the_same_each_time(string where, string values) => WithFile(values, path =>
    {
        string[] arguments = [.. Needed(values), "--values", path];
        var rendered = Rendered.Exactly("1.36.3", arguments);
        CacheProgram.Check(rendered.One("ConfigMap", "nd-cache").Text("data.Corefile"));
        Assert.True(rendered.Text == Rendered.Exactly("1.36.3", arguments).Text, where);
    });

    /// <summary>Without those that bring objects of a kind that the API server here does not have.</summary>
    public static TheoryData<string, string> PlainBlocks =>
        [.. Blocks.Select(row => ((string, string))row.Data).Where(row => !row.Item2.Contains("cilium.io", StringComparison.Ordinal))];

    /// <summary>As an operator would: against a cluster, with nothing else set.</summary>
    [Theory]
    [MemberData(nameof(PlainBlocks))]
    public void They_install_on_a_real_api_server(string where, string values)
    {
        server.Require();
        WithFile(values, path =>
        {
            var run = server.Helm("install", "nd", Tool.ChartFolder, "--namespace", "documents", "--dry-run=server", "--values", path);
            Assert.True(run.ExitCode == 0, where + "\n" + run.Error);
        });
    }

    [Fact]
    public void Every_platform_is_told()
    {
        var headings = File.ReadLines(Path.Combine(Tool.Checkout, "docs", "install.md")).Where(l => l.StartsWith("### ", StringComparison.Ordinal)).ToList();
        Assert.All(new[] { "EKS", "GKE", "AKS", "ACK", "kops", "kubeadm", "IPVS", "k3s", "RKE2", "Talos", "Cilium", "Istio ambient" },
            platform => Assert.Contains(headings, heading => heading.Contains(platform, StringComparison.Ordinal)));
    }

    /// <summary>What helm template lacks: cluster DNS, and a certificate where Helm is to make one.</summary>
    private static IEnumerable<string> Needed(string values)
    {
        if (!values.Contains("clusterDNS", StringComparison.Ordinal))
        {
            yield return "--set";
            yield return "dns.clusterDNS={10.96.0.10}";
        }

        if (values.Contains("mode: helm", StringComparison.Ordinal))
        {
            foreach (var argument in GivenCertificate.AsValues())
            {
                yield return argument;
            }
        }
    }

    private static void WithFile(string values, Action<string> use)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, values);
            use(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Unindented(Match block) =>
        string.Join('\n', block.Groups["text"].Value.Split('\n').Select(line => line[Math.Min(block.Groups["indent"].Length, line.Length)..]));

    [GeneratedRegex(@"^(?<indent> *)```yaml\n(?<text>.*?)^ *```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Yaml();
}
