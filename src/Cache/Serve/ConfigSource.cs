using System.Text;
using NodeDns.Cache.Corefile;
using NodeDns.Cache.Store;

namespace NodeDns.Cache.Serve;

/// <summary>The Corefile and the kube-dns ConfigMap as they are on disk.</summary>
internal sealed class ConfigSource(ServeOptions options, CorefileOptions reading)
{
    private IReadOnlyCollection<string> _files = [options.ConfigFile];

    /// <summary>Reads everything. A ConfigMap with mistakes still gives its good entries.</summary>
    public LoadedConfig Load()
    {
        CorefileOptions now = reading;
        IReadOnlyList<CorefileProblem> kubeDnsProblems = [];
        if (options.KubeDnsDirectory is { } directory)
        {
            (KubeDnsConfig kubeDns, var problems) = KubeDnsReader.Read(directory, KubeDnsFiles(directory));
            kubeDnsProblems = problems;
            now = now with
            {
                KubeDns = kubeDns,
                Pillars = now.Pillars with { UpstreamServers = kubeDns.UpstreamNameservers },
            };
        }
        CorefileResult result = reading.Files.Read(options.ConfigFile, out string reason) is { } text
            ? CorefileLoader.Load(options.ConfigFile, text, now)
            : new CorefileResult(null,
                [new CorefileProblem(new SourceLine(options.ConfigFile, 1), "file", options.ConfigFile,
                    $"expected a readable file: {reason}")], []);
        if (result.Config is { Files.Length: > 0 } config) _files = config.Files;
        return new LoadedConfig(result, kubeDnsProblems);
    }

    /// <summary>A number that differs when any file that was read the last time does.</summary>
    public ulong Fingerprint()
    {
        ulong sum = 0;
        IEnumerable<string> kubeDns = options.KubeDnsDirectory is { } directory ? VisibleFiles(directory) : [];
        foreach (string file in _files.Concat(kubeDns))
        {
            ReadOnlySpan<byte> name = Encoding.UTF8.GetBytes(Path.GetFileName(file));
            string text = reading.Files.Read(file, out string reason) ?? $"unreadable: {reason}";
            sum = KeyedHash.Of(name, sum) ^ KeyedHash.Of(Encoding.UTF8.GetBytes(text), sum);
        }
        return sum;
    }

    private Dictionary<string, string> KubeDnsFiles(string directory)
    {
        var files = new Dictionary<string, string>();
        foreach (string path in VisibleFiles(directory))
            if (reading.Files.Read(path, out _) is { } text)
                files[Path.GetFileName(path)] = text;
        return files;
    }

    /// <summary>A mounted ConfigMap keeps its versions in hidden directories beside the keys.</summary>
    private static IEnumerable<string> VisibleFiles(string directory)
    {
        try
        {
            return Directory.GetFiles(directory).Where(path => Path.GetFileName(path)[0] != '.').Order(StringComparer.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

/// <param name="KubeDnsProblems">Entries of the ConfigMap that were left out.</param>
internal sealed record LoadedConfig(CorefileResult Corefile, IReadOnlyList<CorefileProblem> KubeDnsProblems);
