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
