using System.Text.RegularExpressions;
using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary>The pages are those that the command line writes.</summary>
public sealed class ManualTests
{
    [Theory]
    [InlineData("markdown", "cli-reference.md")]
    [InlineData("checks", "cli-checks.md")]
    public void The_page_is_what_the_program_writes(string page, string file) =>
        Assert.Equal(Tool.Run(Plugin.Program, "reference", page).Output, File.ReadAllText(Path.Combine(Tool.Checkout, "docs", file)));

    [Fact]
    public void Every_flag_of_help_is_on_the_man_page()
    {
        var man = Tool.Run(Plugin.Program, "reference", "man").Output.Replace("\\-", "-", StringComparison.Ordinal);
        foreach (var command in new[] { "report", "rollout", "doctor", "status", "trace", "top", "console", "undo" })
        {
            var help = Tool.Run(Plugin.Program, command, "--help").Output;
            Assert.Contains($"kubectl nodedns {command}", help, StringComparison.Ordinal);
            foreach (Match flag in Regex.Matches(help, "--[a-z-]+"))
            {
                Assert.True(flag.Value == "--help" || man.Contains(flag.Value, StringComparison.Ordinal), $"{command} {flag.Value} is not on the man page");
            }
        }
    }

    [Theory]
    [InlineData("report", "rep")]
    [InlineData("rollout", "")]
    [InlineData("--max-parallel", "rollout", "--max")]
    [InlineData("yaml", "report", "-o", "")]
    public void Completion_offers(string expected, params string[] words)
    {
        var lines = Tool.Run(Plugin.Program, ["__complete", .. words]).Output.TrimEnd().Split('\n');
        Assert.Contains(expected, lines);
        Assert.Equal(":4", lines[^1]);
    }

    /// <summary>12 MB without the console, whose server (Kestrel without a host, HTTP/1.1) is 1.5 MB.</summary>
    [Fact]
    public void The_program_is_below_14_MB()
    {
        var program = Path.Combine(Tool.Checkout, "artifacts", "bin", "kubectl-nodedns");
        Assert.SkipUnless(File.Exists(program), "make build has not made it");
        Assert.True(new FileInfo(program).Length < 14_000_000, $"{program} has {new FileInfo(program).Length} bytes");
    }

    /// <summary>The Chinese page's commands are those of docs/cli.md.</summary>
    [Fact]
    public void The_chinese_page_has_the_same_commands()
    {
        var known = Commands("docs/cli.md").ToHashSet();
        var chinese = Commands("docs/zh/quickstart.md").ToList();
        Assert.NotEmpty(chinese);
        Assert.All(chinese, command => Assert.Contains(command, known));
    }

    private static IEnumerable<string> Commands(string page) => File.ReadLines(Path.Combine(Tool.Checkout, page))
        .Where(line => line.StartsWith("$ ", StringComparison.Ordinal)).Select(line => line[2..]);
}
