using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NodeDns.Mutants;

/// <summary>Puts every change of one file into it, each behind its switch.</summary>
/// <remarks>Code that declares a variable is left alone: behind a switch the compiler could not know that it is
/// assigned.</remarks>
internal sealed class Rewriter(string file, List<Mutant> mutants) : CSharpSyntaxRewriter
{
    private static readonly Dictionary<SyntaxKind, (SyntaxKind Expression, SyntaxKind Token)> s_operators = new()
    {
        [SyntaxKind.LessThanExpression] = (SyntaxKind.LessThanOrEqualExpression, SyntaxKind.LessThanEqualsToken),
        [SyntaxKind.LessThanOrEqualExpression] = (SyntaxKind.LessThanExpression, SyntaxKind.LessThanToken),
        [SyntaxKind.GreaterThanExpression] = (SyntaxKind.GreaterThanOrEqualExpression, SyntaxKind.GreaterThanEqualsToken),
        [SyntaxKind.GreaterThanOrEqualExpression] = (SyntaxKind.GreaterThanExpression, SyntaxKind.GreaterThanToken),
        [SyntaxKind.EqualsExpression] = (SyntaxKind.NotEqualsExpression, SyntaxKind.ExclamationEqualsToken),
        [SyntaxKind.NotEqualsExpression] = (SyntaxKind.EqualsExpression, SyntaxKind.EqualsEqualsToken),
        [SyntaxKind.LogicalAndExpression] = (SyntaxKind.LogicalOrExpression, SyntaxKind.BarBarToken),
        [SyntaxKind.LogicalOrExpression] = (SyntaxKind.LogicalAndExpression, SyntaxKind.AmpersandAmpersandToken),
    };

    public override SyntaxNode? VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        var inside = (BinaryExpressionSyntax)base.VisitBinaryExpression(node)!;
        if (!s_operators.TryGetValue(node.Kind(), out var other) || IsConstant(node) || Declares(node))
        {
            return inside;
        }
        var changed = SyntaxFactory.BinaryExpression(
            other.Expression, node.Left, SyntaxFactory.Token(other.Token).WithTriviaFrom(node.OperatorToken), node.Right);
        return SyntaxFactory.ParseExpression($"({Switch(node, changed.ToString())} ? {changed} : {inside.WithoutTrivia()})")
            .WithTriviaFrom(node);
    }

    public override SyntaxNode? VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        var inside = (ExpressionStatementSyntax)base.VisitExpressionStatement(node)!;
        var isRemovable = node.Expression switch
        {
            InvocationExpressionSyntax call => call.ArgumentList.Arguments.All(
                argument => !argument.RefKindKeyword.IsKind(SyntaxKind.OutKeyword)),
            AssignmentExpressionSyntax { Left: IdentifierNameSyntax { Identifier.Text: ['_', _, ..] } } =>
                node.FirstAncestorOrSelf<ConstructorDeclarationSyntax>() is null,
            _ => false,
        };
        return isRemovable && !Declares(node)
            ? SyntaxFactory.ParseStatement($"if (!{Switch(node, "")}) {{ {inside.WithoutTrivia()} }}").WithTriviaFrom(node)
            : inside;
    }

    private static bool Declares(SyntaxNode node) => node.DescendantNodes().Any(
        child => child is VariableDesignationSyntax or StackAllocArrayCreationExpressionSyntax
            or ImplicitStackAllocArrayCreationExpressionSyntax);

    private static bool IsConstant(SyntaxNode node) => node.Ancestors().Any(above =>
        above is AttributeSyntax or EnumMemberDeclarationSyntax or ParameterSyntax or CaseSwitchLabelSyntax or PatternSyntax
            || (above is FieldDeclarationSyntax or LocalDeclarationStatementSyntax
                && above.ChildTokens().Any(token => token.IsKind(SyntaxKind.ConstKeyword))));

    private string Switch(SyntaxNode node, string after)
    {
        var line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
        mutants.Add(new Mutant(mutants.Count, file, line, node.ToString(), after.Length == 0 ? "(nothing)" : after));
        return $"global::MutantSwitch.Is({mutants.Count - 1})";
    }
}
