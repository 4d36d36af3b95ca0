using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>Reads files and remembers their paths, so that a reload knows what to watch.</summary>
internal sealed class FileTrail(ICorefileFiles files)
{
    private readonly SortedSet<string> _paths = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _patterns = new(StringComparer.Ordinal);

    public ImmutableArray<string> Paths => [.. _paths];

    public ImmutableArray<string> Patterns => [.. _patterns];

    public void Note(string path) => _paths.Add(path);

    /// <summary>Reads a file and remembers it, whether it exists or not.</summary>
    public string? Read(string path, out string reason)
    {
        Note(path);
        return files.Read(path, out reason);
    }

    /// <summary>Reads something that may not be a file. Remembers it only if it is one.</summary>
    public string? Probe(string path)
    {
        var text = files.Read(path, out _);
        if (text is not null)
        {
            Note(path);
        }

        return text;
    }

    public IReadOnlyList<string> Glob(string pattern)
    {
        _patterns.Add(pattern);
        return files.Glob(pattern);
    }
}
