using NodeDns.Testing;

namespace NodeDns.Chart.Tests;

/// <summary>The chart as others get it.</summary>
public sealed class PackageTests
{
    [Fact]
    public void The_package_renders_like_the_folder_and_holds_no_tests()
    {
        var made = Tool.Run(Path.Combine(Tool.Checkout, "eng", "chart-package"));
        Assert.True(made.ExitCode == 0, made.Error);
        var package = Path.Combine(Tool.Checkout, "artifacts", "chart", "node-dns-webhook-0.1.0.tgz");
        Assert.Equal(Rendered.With().Text, Rendered.OfChart(package).Text);
        var files = Tool.Run("tar", "-tzf", package).Output.Split('\n');
        Assert.Contains("node-dns-webhook/values.schema.json", files);
        Assert.DoesNotContain(files, file => file.StartsWith("node-dns-webhook/ci/", StringComparison.Ordinal)
            || file.StartsWith("node-dns-webhook/tests/", StringComparison.Ordinal));
    }

    /// <summary>As <c>make chart CHART_REPO="oci://…"</c> does it, into a registry of Debian's, over plain HTTP on loopback.</summary>
    [Fact]
    public void It_is_pushed_to_a_registry_and_rendered_from_there()
    {
        const string program = "/usr/bin/docker-registry";
        Assert.SkipUnless(File.Exists(program), "needs docker-registry: eng/install test");
        var folder = Directory.CreateTempSubdirectory("chart-registry").FullName;
        try
        {
            var address = $"127.0.0.1:{Ports.Next()}";
            var configuration = Path.Combine(folder, "config.yml");
            File.WriteAllText(configuration, $"{{version: 0.1, storage: {{filesystem: {{rootdirectory: {folder}}}}}, http: {{addr: \"{address}\"}}}}");
            using var registry = new BuiltProgram(program, "serve", configuration);
            using var client = new HttpClient();
            ApiServer.Until(() => IsUp(client, address), "the registry does not answer");
            var pushed = Tool.Run("make", "-s", "chart", $"CHART_REPO=oci://{address}/charts --plain-http");
            Assert.True(pushed.ExitCode == 0, pushed.Error);
            Assert.Equal(Rendered.With().Text, Rendered.OfChart($"oci://{address}/charts/node-dns-webhook", "--plain-http").Text);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsUp(HttpClient client, string address)
    {
        try
        {
            return client.GetAsync(new Uri($"http://{address}/v2/")).Result.IsSuccessStatusCode;
        }
        catch (AggregateException)
        {
            return false;
        }
    }

    /// <summary>Artifact Hub lists the images of the version that is packaged.</summary>
    [Fact]
    public void Images_and_versions_in_the_charts_metadata_agree()
    {
        var chart = File.ReadAllText(Path.Combine(Tool.ChartFolder, "Chart.yaml"));
        Assert.All(Rendered.With().Objects.SelectMany(o => o.At("spec.template.spec.containers")?.AsArray() ?? [])
            .Select(container => container!.Text("image")).Distinct(),
            image => Assert.Contains("image: " + image + "\n", chart, StringComparison.Ordinal));
    }
}
