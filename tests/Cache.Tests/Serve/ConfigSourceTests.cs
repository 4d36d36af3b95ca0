using System.Collections.Immutable;
using System.Net;
using NodeDns.Cache.Serve;
using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Serve;

public sealed class ConfigSourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodedns-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_that_comes_to_match_an_import_and_one_that_is_mended_are_changes()
    {
        Write("Corefile", ". {\nwhoami\n}\nimport *.server\n");
        var source = new ConfigSource(
            new ServeOptions { ConfigFile = Path.Combine(_folder, "Corefile") }, new CorefileOptions { Files = new DiskFiles() });
        Assert.NotNull(source.Load().Corefile.Config);
        var alone = source.Fingerprint();
        Assert.Equal(alone, source.Fingerprint());

        Write("a.server", "a {\nwhomai\n}\n");
        var broken = source.Fingerprint();
        Assert.NotEqual(alone, broken);
        Assert.Null(source.Load().Corefile.Config);

        Write("a.server", "a {\nwhoami\n}\n");
        Assert.NotEqual(broken, source.Fingerprint());
        Assert.Equal(2, source.Load().Corefile.Config!.Blocks.Length);
    }

    [Fact]
    public void A_file_that_was_missing_is_a_change_when_it_comes()
    {
        Write("Corefile", ". {\nimport common\nwhoami\n}\n");
        var source = new ConfigSource(
            new ServeOptions { ConfigFile = Path.Combine(_folder, "Corefile") }, new CorefileOptions { Files = new DiskFiles() });
        Assert.Null(source.Load().Corefile.Config);
        var before = source.Fingerprint();
        Write("common", "errors\n");
        Assert.NotEqual(before, source.Fingerprint());
        Assert.NotNull(source.Load().Corefile.Config);
    }

    [Fact]
    public void What_was_loaded_has_the_fingerprint_of_the_texts_that_were_read()
    {
        Write("Corefile", ". {\nforward . up.example\n}\nimport *.server\n");
        var source = new ConfigSource(
            new ServeOptions { ConfigFile = Path.Combine(_folder, "Corefile") },
            new CorefileOptions { Files = new DiskFiles(), Lookup = Overtaken });
        Assert.NotEqual(source.Load().Fingerprint, source.Fingerprint());
        Assert.Equal(source.Load().Fingerprint, source.Fingerprint());

        ImmutableArray<IPAddress> Overtaken(string name, ImmutableArray<IPEndPoint> resolvers)
        {
            Write("a.server", "a {\nwhoami\n}\n");
            return [IPAddress.Loopback];
        }
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
