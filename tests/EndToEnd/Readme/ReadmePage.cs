namespace NodeDns.EndToEnd.Readme;

/// <summary>README.md's fenced blocks: what a reader types, and what they are told to see.</summary>
internal static class ReadmePage
{
    private const string Fence = "```";

    /// <summary>The shell blocks under a heading, in order, as they stand.</summary>
    public static string[] Commands(string heading) => [.. BlocksUnder(heading, "sh")];

    /// <summary>The resolv.conf that a moved pod has.</summary>
    public static string ResolvConf() => BlocksUnder("## Install", "").Single(block => block.Contains("nameserver", StringComparison.Ordinal));

    private static IEnumerable<string> BlocksUnder(string heading, string language)
    {
        var section = File.ReadLines(Path.Combine(Tool.Checkout, "README.md")).SkipWhile(line => line != heading).Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)).ToArray();
        Assert.True(section.Length > 0, $"README.md has no heading '{heading}'");
        for (var i = 0; i < section.Length; i++)
        {
            if (!section[i].StartsWith(Fence, StringComparison.Ordinal))
            {
                continue;
            }

            var block = section.Skip(i + 1).TakeWhile(line => line != Fence).ToArray();
            if (section[i] == Fence + language)
            {
                yield return string.Join('\n', block);
            }

            i += block.Length + 1;
        }
    }
}
