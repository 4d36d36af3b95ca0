using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace NodeDns.Release.Tests;

/// <summary>What <c>make cli</c> leaves: the krew manifest names archives that are there, each with what it needs.</summary>
public sealed partial class PluginPackageTests
{
    private static readonly string s_folder = Path.Combine(Tool.Checkout, "artifacts", "cli");

    [Fact]
    public void Every_platform_of_the_manifest_has_its_archive()
    {
        var manifest = Path.Combine(s_folder, "nodedns.yaml");
        Assert.SkipUnless(File.Exists(manifest), "there are no archives: make cli");
        var platforms = Platform().Matches(File.ReadAllText(manifest));
        Assert.NotEmpty(platforms);
        foreach (Match platform in platforms)
        {
            var path = Path.Combine(s_folder, Path.GetFileName(platform.Groups["uri"].Value));
            Assert.EndsWith($"-{platform.Groups["os"].Value}-{platform.Groups["arch"].Value}.tar.gz", path, StringComparison.Ordinal);
            Assert.Equal(platform.Groups["sum"].Value, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));
            var sizes = Sizes(path);
            Assert.Equal(
                new[] { "LICENSE", platform.Groups["bin"].Value, "kubectl-nodedns.1", "kubectl_complete-nodedns" }.Order(StringComparer.Ordinal),
                sizes.Keys.Order(StringComparer.Ordinal));
            // NativeAOT for Linux; the others carry the runtime.
            Assert.InRange(sizes[platform.Groups["bin"].Value], 1, platform.Groups["os"].Value == "linux" ? 14_000_000 : 16_000_000);
        }
    }

    private static Dictionary<string, long> Sizes(string path)
    {
        using var archive = new TarReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        var sizes = new Dictionary<string, long>();
        while (archive.GetNextEntry() is { } entry)
        {
            sizes[entry.Name] = entry.Length;
        }

        return sizes;
    }

    [GeneratedRegex(@"os: (?<os>\w+), arch: (?<arch>\w+).*\n\s+uri: (?<uri>\S+)\n\s+sha256: (?<sum>\w+)\n\s+bin: (?<bin>\S+)")]
    private static partial Regex Platform();
}
