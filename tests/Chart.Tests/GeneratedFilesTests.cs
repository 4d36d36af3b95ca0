namespace NodeDns.Chart.Tests;

/// <summary>README.md and values.schema.json of the chart are made from values.yaml and must not drift from it.</summary>
public sealed class GeneratedFilesTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("values.schema.json")]
    [InlineData("templates/_defaults.tpl")]
    public void The_file_is_what_eng_chart_docs_makes(string file)
    {
        var folder = Directory.CreateTempSubdirectory("chart-docs");
        try
        {
            var made = Tool.Run(Path.Combine(Tool.Checkout, "eng", "chart-docs"), folder.FullName);
            Assert.True(made.ExitCode == 0, made.Error);
            Assert.Equal(File.ReadAllText(Path.Combine(folder.FullName, file)),
                File.ReadAllText(Path.Combine(Tool.ChartFolder, file)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
