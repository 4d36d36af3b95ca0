using NodeDns.Corefile;

namespace NodeDns.Cache.Serve;

/// <summary>The real file system. Relative paths start at the working directory.</summary>
internal sealed class DiskFiles : ICorefileFiles
{
    /// <summary>Larger than any configuration. Stops reading a device that has no end.</summary>
    private const long SizeMaximum = 64 << 20;

    public string? Read(string path, out string reason)
    {
        reason = "";
        try
        {
            if (Directory.Exists(path))
            {
                reason = "it is a directory";
            }
            else if (new FileInfo(path).Length > SizeMaximum)
            {
                reason = "it is larger than 64 MiB";
            }
            else
            {
                return File.ReadAllText(path);
            }
        }
        catch (FileNotFoundException)
        {
            reason = "no such file";
        }
        catch (DirectoryNotFoundException)
        {
            reason = "no such file";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException
            or NotSupportedException)
        {
            reason = e is UnauthorizedAccessException ? "permission denied" : e.Message;
        }

        return null;
    }

    public IReadOnlyList<string> Glob(string pattern)
    {
        var directory = Path.GetDirectoryName(pattern) is { Length: > 0 } parent ? parent : ".";
        try
        {
            return [.. Directory.EnumerateFiles(directory, Path.GetFileName(pattern)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }
}
