using NodeDns.Cache.Serve;
using NodeDns.Corefile;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>Files for the parser: those given by text, then those of this folder's `files`, named relative to it.</summary>
internal sealed class TestFiles(params (string Path, string Text)[] given) : ICorefileFiles
{
    public static string Folder => System.IO.Path.Combine(RepositoryRoot, "tests/Cache.Tests/Corefile/files");

    public static string RepositoryRoot { get; } = FindRoot();

    public string? Read(string path, out string reason)
    {
        reason = "no such file";
        foreach (var file in given)
        {
            if (file.Path == path)
            {
                return file.Text;
            }
        }

        return path.StartsWith('/') ? null : new DiskFiles().Read(System.IO.Path.Combine(Folder, path), out reason);
    }

    public IReadOnlyList<string> Glob(string pattern)
    {
        var found = new DiskFiles().Glob(System.IO.Path.Combine(Folder, pattern));
        return [.. found.Select(path => System.IO.Path.GetRelativePath(Folder, path))];
    }

    private static string FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(System.IO.Path.Combine(at.FullName, "NodeDnsWebhook.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("no NodeDnsWebhook.sln above the test");
    }
}
