using System.Text;
using NodeDns.Cache.Corefile;

namespace NodeDns.Cache.Serve;

/// <summary>The Corefile and the kube-dns ConfigMap as they are on disk.</summary>
internal sealed class ConfigSource(ServeOptions options, CorefileOptions reading)
{
    private IReadOnlyCollection<string> _files = [options.ConfigFile];
    private IReadOnlyCollection<string> _patterns = [];

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
        if (result.Files.Length > 0) (_files, _patterns) = (result.Files, result.Patterns);
        return new LoadedConfig(result, kubeDnsProblems);
    }

    /// <summary>A number that differs when any file that was read the last time does, or would be read now.</summary>
    public ulong Fingerprint()
    {
        ulong sum = FnvOffset;
        IEnumerable<string> kubeDns = options.KubeDnsDirectory is { } directory ? VisibleFiles(directory) : [];
        foreach (string file in _files.Concat(_patterns.SelectMany(reading.Files.Glob)).Concat(kubeDns))
        {
            Add(ref sum, Path.GetFileName(file));
            Add(ref sum, reading.Files.Read(file, out string reason) ?? $"unreadable: {reason}");
        }
        return sum;
    }

    /// <summary>FNV-1a, the text and its end: the same file has the same number on every node.</summary>
    private static void Add(ref ulong sum, string text)
    {
        foreach (byte octet in Encoding.UTF8.GetBytes(text)) sum = (sum ^ octet) * FnvPrime;
        sum *= FnvPrime;
    }

    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

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
