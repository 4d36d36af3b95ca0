using System.Text.RegularExpressions;

namespace NodeDns.Release.Tests;

/// <summary>One version: a release changes every place that states it (eng/release), and these find one that it forgot.</summary>
public sealed partial class VersionTests
{
    [Theory]
    [InlineData("charts/node-dns-webhook/Chart.yaml", @"^version: (\S+)$")]
    [InlineData("charts/node-dns-webhook/Chart.yaml", @"^appVersion: (\S+)$")]
    [InlineData("charts/node-dns-webhook/Chart.yaml", @"image: \S+:(\S+)$")]
    [InlineData("Dockerfile", @"^ARG VERSION=(\S+)$")]
    [InlineData("README.md", @"node-dns-\S+:([0-9]\S+)$")]
    [InlineData("docs/install.md", @"node-dns-\S+:([0-9]\S+)$")]
    [InlineData("docs/migrate.md", @"node-dns-\S+:([0-9]\S+)$")]
    [InlineData("docs/install.md", @"^(\S+) is the chart's `appVersion`")]
    [InlineData("CHANGELOG.md", @"\A# Changelog\n\n## (\S+)")]
    public void Every_file_that_states_a_version_states_the_same(string file, string pattern)
    {
        var stated = Regex.Matches(File.ReadAllText(Path.Combine(Tool.Checkout, file)), pattern, RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value.Trim('`')).Distinct();
        Assert.Equal([Versions.OfPrograms], stated);
    }

    [Theory]
    [InlineData("cache")]
    [InlineData("webhook")]
    public void The_programs_say_it(string name)
    {
        var image = ImageArchive.Find(name);
        Assert.SkipWhen(image is null, "there is no image: make images");
        var root = Directory.CreateTempSubdirectory("nodedns-version-").FullName;
        try
        {
            image.Unpack(root);
            var said = Tool.Run(Path.Combine(root, $"node-dns-{name}"), "--version");
            Assert.Equal((0, Versions.OfPrograms), (said.ExitCode, Version().Match(said.Output).Value));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [GeneratedRegex(@"[0-9]+\.[0-9]+\.[0-9]+[^\s+]*")]
    private static partial Regex Version();
}
