using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>The CoreDNS of CLUSTER_TOOLS, the release inside the official node-cache.</summary>
internal static class CoreDnsBinary
{
    /// <returns>The path of the unpacked program, or null when the archive is not there.</returns>
    public static string? Unpack(string folder)
    {
        var tools = Environment.GetEnvironmentVariable("CLUSTER_TOOLS") is { Length: > 0 } set ? set : "../shared/cluster-tools";
        var archive = Path.Combine(Path.GetFullPath(tools, Repository()), "coredns.tar.xz");
        if (!File.Exists(archive))
        {
            return null;
        }
        using var tar = Process.Start("tar", ["-xJf", archive, "-C", folder]);
        tar.WaitForExit();
        return Directory.EnumerateFiles(folder, "coredns", SearchOption.AllDirectories).Single();
    }

    private static string Repository([CallerFilePath] string here = "") =>
        Path.GetFullPath("../../..", Path.GetDirectoryName(here)!);
}
