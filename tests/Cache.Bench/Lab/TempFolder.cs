namespace NodeDns.Bench.Lab;

/// <summary>A folder for one run's configurations and logs, removed at its end.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder()
    {
        Path = Directory.CreateTempSubdirectory("node-dns-bench-").FullName;
        // dnsmasq and others that give up root read their files as somebody else.
        File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101);
    }

    public string Path { get; }

    /// <summary>Makes a folder inside and fills it.</summary>
    /// <returns>Its path.</returns>
    public string Fill(string name, IReadOnlyDictionary<string, string> files)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;
        foreach ((var file, var text) in files)
        {
            File.WriteAllText(System.IO.Path.Combine(folder, file), text);
        }

        return folder;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
