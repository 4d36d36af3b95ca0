using System.Text;
using NodeDns.Corefile;

namespace NodeDns.Cache.Serve;

/// <summary>Reads the Corefile and the kube-dns ConfigMap from disk.</summary>
internal sealed class ConfigSource(ServeOptions options, CorefileOptions reading)
{
    private IReadOnlyCollection<string> _files = [options.ConfigFile];
    private IReadOnlyCollection<string> _patterns = [];

    /// <summary>Reads everything. If the ConfigMap has errors, its valid entries are still used.</summary>
    public LoadedConfig Load()
    {
        var files = new ReadFiles(reading.Files);
        var now = reading with { Files = files };
        var kubeDnsFiles = KubeDnsFiles();
        IReadOnlyList<CorefileProblem> kubeDnsProblems = [];
        if (options.KubeDnsDirectory is { } directory)
        {
            (var kubeDns, var problems) = KubeDnsReader.Read(directory, Texts(kubeDnsFiles, files));
            kubeDnsProblems = problems;
            now = now with
            {
                KubeDns = kubeDns,
                Pillars = now.Pillars with { UpstreamServers = kubeDns.UpstreamNameservers },
            };
        }
        var result = files.Read(options.ConfigFile, out var reason) is { } text
            ? CorefileLoader.Load(options.ConfigFile, text, now)
            : new CorefileResult(null,
                [new CorefileProblem(new SourceLine(options.ConfigFile, 1), "file", options.ConfigFile,
                    $"expected a readable file: {reason}")], []);
        if (result.Files.Length > 0)
        {
            (_files, _patterns) = (result.Files, result.Patterns);
        }

        return new LoadedConfig(
            result, [.. kubeDnsProblems, .. result.EntriesLeftOut], Fingerprint(files, kubeDnsFiles));
    }

    /// <summary>A number that differs from <see cref="LoadedConfig.Fingerprint"/> if any file has changed that was read
    /// last time or would be read now.</summary>
    public ulong Fingerprint() => Fingerprint(reading.Files, KubeDnsFiles());

    private ulong Fingerprint(ICorefileFiles files, IReadOnlyList<string> kubeDnsFiles)
    {
        var sum = FnvOffset;
        foreach (var file in _files.Concat(_patterns.SelectMany(files.Glob)).Concat(kubeDnsFiles))
        {
            Add(ref sum, Path.GetFileName(file));
            Add(ref sum, files.Read(file, out var reason) ?? $"unreadable: {reason}");
        }
        return sum;
    }

    /// <summary>Adds a text and its end to an FNV-1a hash, so that equal files have equal numbers on all
    /// nodes.</summary>
    private static void Add(ref ulong sum, string text)
    {
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            sum = (sum ^ octet) * FnvPrime;
        }

        sum *= FnvPrime;
    }

    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    private static Dictionary<string, string> Texts(IReadOnlyList<string> paths, ReadFiles files)
    {
        var texts = new Dictionary<string, string>();
        foreach (var path in paths)
        {
            if (files.Read(path, out _) is { } text)
            {
                texts[Path.GetFileName(path)] = text;
            }
        }

        return texts;
    }

    /// <summary>A mounted ConfigMap has hidden directories with its versions beside the keys. Those are
    /// skipped.</summary>
    private IReadOnlyList<string> KubeDnsFiles()
    {
        if (options.KubeDnsDirectory is not { } directory)
        {
            return [];
        }

        try
        {
            return [.. Directory.GetFiles(directory)
                .Where(path => Path.GetFileName(path)[0] != '.')
                .Order(StringComparer.Ordinal)];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The files of one load. Each file is read only once, so the fingerprint is that of the text that was
    /// loaded, even if a file changes meanwhile.</summary>
    private sealed class ReadFiles(ICorefileFiles files) : ICorefileFiles
    {
        private readonly Dictionary<string, (string? Text, string Reason)> _texts = [];
        private readonly Dictionary<string, IReadOnlyList<string>> _matches = [];

        public string? Read(string path, out string reason)
        {
            if (!_texts.TryGetValue(path, out var read))
            {
                var text = files.Read(path, out var why);
                _texts[path] = read = (text, why);
            }
            reason = read.Reason;
            return read.Text;
        }

        public IReadOnlyList<string> Glob(string pattern)
        {
            if (!_matches.TryGetValue(pattern, out var paths))
            {
                _matches[pattern] = paths = files.Glob(pattern);
            }

            return paths;
        }
    }
}

/// <param name="KubeDnsProblems">The entries of the ConfigMap that were left out.</param>
/// <param name="Fingerprint">A hash of the texts that were read.</param>
internal sealed record LoadedConfig(
    CorefileResult Corefile, IReadOnlyList<CorefileProblem> KubeDnsProblems, ulong Fingerprint);
