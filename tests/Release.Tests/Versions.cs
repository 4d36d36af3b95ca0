using System.Xml.Linq;

namespace NodeDns.Release.Tests;

/// <summary>The version that the programs are built as.</summary>
internal static class Versions
{
    public static string OfPrograms { get; } = XDocument.Load(Path.Combine(Tool.Checkout, "Directory.Build.props"))
        .Descendants("VersionPrefix").Single().Value;
}
