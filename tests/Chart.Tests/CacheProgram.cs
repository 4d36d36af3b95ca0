namespace NodeDns.Chart.Tests;

/// <summary>The cache's program, as it was built beside the tests.</summary>
internal static class CacheProgram
{
    private static readonly string Program = Path.Combine(Tool.Checkout, "src", "Cache",
        Path.GetRelativePath(Path.Combine(Tool.Checkout, "tests", "Chart.Tests"), AppContext.BaseDirectory), "node-dns-cache");

    /// <summary>node-dns-cache check, which must find nothing wrong with the Corefile.</summary>
    public static void Check(string corefile)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, corefile);
            var check = Tool.Run(Program, "check", path);
            Assert.True(check.ExitCode == 0, check.Error + corefile);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
