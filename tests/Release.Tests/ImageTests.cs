using System.Formats.Tar;
using System.Text.Json;

namespace NodeDns.Release.Tests;

/// <summary>What <c>make images</c> leaves, for each program and architecture.</summary>
public sealed class ImageTests
{
    private const long MaxOctets = 20_000_000;

    /// <summary>It has a YAML reader, a terminal library and the console's HTTP server, and no pod waits for it.</summary>
    private const long MaxOctetsOfPlugin = 22_500_000;

    private const UnixFileMode Special = UnixFileMode.SetUser | UnixFileMode.SetGroup;

    public static TheoryData<string, string> Images => new()
    {
        { "webhook", "amd64" }, { "cache", "amd64" }, { "cli", "amd64" }, { "webhook", "arm64" }, { "cache", "arm64" },
    };

    [Theory]
    [MemberData(nameof(Images))]
    public void An_image_is_small_and_says_what_it_is(string name, string architecture)
    {
        var image = Image(name, architecture);
        Assert.InRange(new FileInfo(image.Path).Length, 1, name == "cli" ? MaxOctetsOfPlugin : MaxOctets);
        Assert.Equal(architecture, image.Config.GetProperty("architecture").GetString());
        Assert.Equal("linux", image.Config.GetProperty("os").GetString());
        var config = image.Config.GetProperty("config");
        Assert.Equal([$"/{Program(name)}"], config.GetProperty("Entrypoint").EnumerateArray().Select(word => word.GetString()));
        var labels = config.GetProperty("Labels").EnumerateObject()
            .ToDictionary(label => label.Name["org.opencontainers.image.".Length..], label => label.Value.GetString());
        Assert.Equal(Program(name), labels["title"]);
        Assert.Equal(Versions.OfPrograms, labels["version"]);
        Assert.Matches("^[0-9a-f]{40}$", labels["revision"]);
        Assert.Equal("Apache-2.0", labels["licenses"]);
        Assert.NotEmpty(labels["description"]!);
        Assert.Equal(
            image.Config.GetProperty("created").GetDateTimeOffset(), DateTimeOffset.Parse(labels["created"]!));
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Nothing_in_an_image_gains_rights_and_only_tmp_is_open_to_all(string name, string architecture)
    {
        var entries = Image(name, architecture).Entries().ToList();
        Assert.DoesNotContain(entries, entry => (entry.Mode & Special) != 0);
        Assert.DoesNotContain(entries, entry => entry is { Uid: not 0 } or { Gid: not 0 });
        Assert.Equal(
            ["tmp"],
            entries.Where(entry => entry.EntryType != TarEntryType.SymbolicLink && (entry.Mode & UnixFileMode.OtherWrite) != 0)
                .Select(entry => entry.Name.Trim('.', '/')));
        Assert.DoesNotContain(entries, entry => entry.Name.EndsWith("/sh", StringComparison.Ordinal));
    }

    /// <summary>The cache's pods name their users themselves: the guard is root with two capabilities.</summary>
    [Theory]
    [InlineData("webhook", "amd64")]
    [InlineData("cli", "amd64")]
    public void The_others_do_not_run_as_root(string name, string architecture) =>
        Assert.Equal("65532:65532", Image(name, architecture).Config.GetProperty("config").GetProperty("User").GetString());

    [Theory]
    [MemberData(nameof(Images))]
    public void The_bill_of_materials_names_every_file_and_where_it_is_from(string name, string architecture)
    {
        var image = Image(name, architecture);
        var path = $"usr/share/sbom/{Program(name)}.spdx.json";
        using var sbom = JsonDocument.Parse(image.Entries().Single(entry => entry.Name == path).DataStream!);
        var root = sbom.RootElement;
        Assert.Equal("SPDX-2.3", root.GetProperty("spdxVersion").GetString());
        Assert.Equal("CC0-1.0", root.GetProperty("dataLicense").GetString());
        Assert.StartsWith("https://", root.GetProperty("documentNamespace").GetString(), StringComparison.Ordinal);

        var files = image.Entries().Where(entry => entry.EntryType == TarEntryType.RegularFile && entry.Name != path)
            .Select(entry => $"./{entry.Name}").Order(StringComparer.Ordinal);
        Assert.Equal(files, root.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("fileName").GetString()!)
            .Order(StringComparer.Ordinal));

        var packages = root.GetProperty("packages").EnumerateArray().Select(package => package.GetProperty("externalRefs")[0]
            .GetProperty("referenceLocator").GetString()!).ToList();
        Assert.All(
            new[] { "pkg:oci/", name == "cli" ? "pkg:nuget/KubernetesClient.Aot@" : "pkg:nuget/DnsClient@", "pkg:nuget/Microsoft.NETCore.App.Runtime.NativeAOT.linux-", "pkg:deb/debian/libc6@" },
            start => Assert.Contains(packages, package => package.StartsWith(start, StringComparison.Ordinal)));
        var ids = root.GetProperty("packages").EnumerateArray().Concat(root.GetProperty("files").EnumerateArray())
            .Select(element => element.GetProperty("SPDXID").GetString()!).Append("SPDXRef-DOCUMENT").ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        var relations = root.GetProperty("relationships").EnumerateArray().ToList();
        Assert.All(relations, relation =>
        {
            Assert.Contains(relation.GetProperty("spdxElementId").GetString(), ids);
            Assert.Contains(relation.GetProperty("relatedSpdxElement").GetString(), ids);
        });
        Assert.All(ids.Where(id => id.StartsWith("SPDXRef-File", StringComparison.Ordinal) && id.Contains(".so", StringComparison.Ordinal)),
            id => Assert.Contains(relations, relation => relation.GetProperty("relatedSpdxElement").GetString() == id
                && relation.GetProperty("spdxElementId").GetString()!.StartsWith("SPDXRef-deb-", StringComparison.Ordinal)));
    }

    private static string Program(string image) => image == "cli" ? "kubectl-nodedns" : "node-dns-" + image;

    private static ImageArchive Image(string name, string architecture)
    {
        var native = Tool.Run("dpkg", "--print-architecture").Output.Trim();
        var image = ImageArchive.Find(name, architecture == native ? null : architecture);
        Assert.SkipWhen(image is null, $"there is no such image: make images ARCH={architecture}");
        return image;
    }
}
