using System.Net;
using System.Text;
using NodeDns.Corefile;

namespace NodeDns.Cache.Fuzz;

/// <summary>Files that people write. Reading one ends, throws nothing, and says what is wrong or what it read.</summary>
internal static class TextTargets
{
    public static void Corefile(ReadOnlySpan<byte> octets)
    {
        var text = Encoding.UTF8.GetString(octets);
        var options = new CorefileOptions { Files = new OneFile(text), Environment = name => name };
        var result = CorefileLoader.Load("Corefile", text, options);
        if (result.Config is null == (result.Errors.Length == 0))
        {
            throw new InvalidOperationException("a configuration with errors, or neither");
        }
    }

    public static void Hosts(ReadOnlySpan<byte> octets)
    {
        foreach (var line in Encoding.UTF8.GetString(octets).Split('\n'))
        {
            if (!HostsText.TryEntry(HostsText.Words(line), ["."], out var entry))
            {
                continue;
            }
            if (entry.Names.Length == 0 || entry.Names.Any(name => !DomainName.TryNormalize(name, out var again) || again != name))
            {
                throw new InvalidOperationException($"an entry without names, or with one that is not normal: {entry}");
            }
        }
    }

    public static void ResolvConf(ReadOnlySpan<byte> octets)
    {
        var text = Encoding.UTF8.GetString(octets);
        var read = NodeDns.Addresses.ResolvConf.Parse(text);
        if (read.Nameservers.Any(server => !IPAddress.TryParse(server.Address.ToString(), out _)))
        {
            throw new InvalidOperationException("a nameserver that is no address");
        }
    }

    /// <summary>Both keys of the ConfigMap have the same text. What is read makes server blocks, or errors that say where it
    /// is (a server that is the block itself).</summary>
    public static void KubeDns(ReadOnlySpan<byte> octets)
    {
        var text = Encoding.UTF8.GetString(octets);
        var (config, _) = KubeDnsReader.Read("d", new Dictionary<string, string>
        {
            [KubeDnsReader.StubDomainsKey] = text,
            [KubeDnsReader.UpstreamNameserversKey] = text,
        });
        var result = CorefileLoader.Load("Corefile", ".:53 {\n forward . 192.0.2.53\n}\n", new CorefileOptions { KubeDns = config });
        if (result.Config is null && result.Errors.Any(error => error.At.File != Path.Combine("d", KubeDnsReader.StubDomainsKey)))
        {
            throw new InvalidOperationException($"stub domains that make errors elsewhere: {result.Errors[0]}");
        }
    }

    /// <summary>Every file there is has this text.</summary>
    private sealed class OneFile(string text) : ICorefileFiles
    {
        public string? Read(string path, out string reason)
        {
            reason = "";
            return text.Length < 4096 ? text : null;
        }

        public IReadOnlyList<string> Glob(string pattern) => ["a"];
    }
}
