namespace NodeDns.Chart.Tests;

internal static class CacheProgram
{
    /// <summary>node-dns-cache check, which must find nothing wrong with the Corefile.</summary>
    public static void Check(string corefile)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, corefile);
            var check = Tool.Run(Tool.Ours("Cache", "node-dns-cache"), "check", path);
            Assert.True(check.ExitCode == 0, check.Error + corefile);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
