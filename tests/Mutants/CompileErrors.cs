using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace NodeDns.Mutants;

/// <summary>Takes mutants that are no C# (one text minus another) out of the code again.</summary>
internal static partial class CompileErrors
{
    /// <param name="lines">What the compiler printed.</param>
    /// <returns>The numbers of the mutants taken out.</returns>
    public static HashSet<int> TakeOut(IEnumerable<string> lines)
    {
        var gone = new HashSet<int>();
        var places = lines.Select(line => Place().Match(line)).Where(match => match.Success).GroupBy(match => match.Groups[1].Value);
        foreach (var file in places)
        {
            var root = CSharpSyntaxTree.ParseText(File.ReadAllText(file.Key)).GetRoot();
            var text = root.GetText();
            var choices = file
                .Select(match => new LinePosition(Number(match.Groups[2]) - 1, Number(match.Groups[3]) - 1))
                .Select(place => root.FindToken(text.Lines.GetPosition(place)).Parent!.AncestorsAndSelf().Select(Choice).FirstOrDefault(choice => choice is not null))
                .OfType<ConditionalExpressionSyntax>()
                .Distinct()
                .ToList();
            gone.UnionWith(choices.Select(choice => int.Parse(Switch().Match(choice.Condition.ToString()).Groups[1].Value, null)));
            File.WriteAllText(file.Key, root.ReplaceNodes(choices, (_, choice) => choice.WhenFalse).ToFullString());
        }
        return gone;
    }

    private static ConditionalExpressionSyntax? Choice(SyntaxNode node) =>
        node is ConditionalExpressionSyntax choice && Switch().IsMatch(choice.Condition.ToString()) ? choice : null;

    private static int Number(Group digits) => int.Parse(digits.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*(\S+\.cs)\((\d+),(\d+)\): error CS")]
    private static partial Regex Place();

    [GeneratedRegex(@"^global::MutantSwitch\.Is\((\d+)\)$")]
    private static partial Regex Switch();
}
