using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>docs/corefile says what loads: every example does, and every directive has its page.</summary>
public sealed class DocsTests
{
    private const string Fence = "```";

    public static TheoryData<string, int> Examples()
    {
        var data = new TheoryData<string, int>();
        foreach (var page in Pages())
        {
            foreach (var (line, _) in ExamplesOf(page))
            {
                data.Add(Path.GetRelativePath(TestFiles.RepositoryRoot, page), line);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_loads_without_warning(string page, int line)
    {
        var text = ExamplesOf(Path.Combine(TestFiles.RepositoryRoot, page)).First(example => example.Line == line).Text;
        var result = Corefiles.Load(text);
        Assert.Equal("", Corefiles.Text(result.Errors));
        Assert.DoesNotContain(result.Warnings, warning => warning.Directive is not ("pprof" or "trace"));
    }

    [Fact]
    public void Every_directive_has_a_page_with_an_example_and_a_place_in_the_table()
    {
        var folder = Path.Combine(TestFiles.RepositoryRoot, "docs/corefile");
        var contents = File.ReadAllText(Path.Combine(folder, "README.md"));
        foreach (var directive in DirectiveTable.Supported.Append("import"))
        {
            var page = Path.Combine(folder, directive + ".md");
            Assert.True(File.Exists(page), $"docs/corefile/{directive}.md is missing");
            Assert.Contains(ExamplesOf(page), example => example.Text.Contains(directive, StringComparison.Ordinal));
            Assert.Contains($"({directive}.md)", contents, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_page_is_about_a_directive() => Assert.Empty(
        Directory.GetFiles(Path.Combine(TestFiles.RepositoryRoot, "docs/corefile"), "*.md")
            .Select(page => Path.GetFileNameWithoutExtension(page))
            .Except([.. DirectiveTable.Supported, "import", "README"]));

    private static IEnumerable<string> Pages()
    {
        var readme = Path.Combine(TestFiles.RepositoryRoot, "README.md");
        var docs = Directory.GetFiles(
            Path.Combine(TestFiles.RepositoryRoot, "docs"), "*.md", SearchOption.AllDirectories);
        return File.Exists(readme) ? docs.Append(readme) : docs;
    }

    /// <summary>Line of the fence, and what is between it and its end.</summary>
    private static IEnumerable<(int Line, string Text)> ExamplesOf(string page)
    {
        var lines = File.ReadAllLines(page);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() != Fence + "corefile")
            {
                continue;
            }

            var text = lines.Skip(i + 1).TakeWhile(line => line.Trim() != Fence).ToArray();
            yield return (i + 1, string.Join('\n', text));
            i += text.Length;
        }
    }
}
