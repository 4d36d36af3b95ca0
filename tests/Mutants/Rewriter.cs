using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NodeDns.Mutants;

/// <summary>Puts every change of one file into it, each behind its switch.</summary>
/// <remarks>Code that declares or assigns a variable is left alone: behind a switch the compiler could not know that it is
/// assigned.</remarks>
internal sealed class Rewriter(string file, List<Mutant> mutants) : CSharpSyntaxRewriter
{
    private static readonly Dictionary<SyntaxKind, string> s_operators = new()
    {
        [SyntaxKind.LessThanExpression] = "<=",
        [SyntaxKind.LessThanOrEqualExpression] = "<",
        [SyntaxKind.GreaterThanExpression] = ">=",
        [SyntaxKind.GreaterThanOrEqualExpression] = ">",
        [SyntaxKind.EqualsExpression] = "!=",
        [SyntaxKind.NotEqualsExpression] = "==",
        [SyntaxKind.LogicalAndExpression] = "||",
        [SyntaxKind.LogicalOrExpression] = "&&",
        [SyntaxKind.AddExpression] = "-",
        [SyntaxKind.SubtractExpression] = "+",
    };

    public override SyntaxNode? VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        var inside = (BinaryExpressionSyntax)base.VisitBinaryExpression(node)!;
        return s_operators.TryGetValue(node.Kind(), out var other) && !IsConstant(node) && !Declares(node) && !IsText(node)
            ? Choice(node, $"{node.Left.WithoutTrivia()} {other} {node.Right.WithoutTrivia()}", inside)
            : inside;
    }

    public override SyntaxNode? VisitIfStatement(IfStatementSyntax node)
    {
        var inside = (IfStatementSyntax)base.VisitIfStatement(node)!;
        return inside.WithCondition(Opposite(node.Condition, inside.Condition));
    }

    public override SyntaxNode? VisitConditionalExpression(ConditionalExpressionSyntax node)
    {
        var inside = (ConditionalExpressionSyntax)base.VisitConditionalExpression(node)!;
        return inside.WithCondition(Opposite(node.Condition, inside.Condition));
    }

    public override SyntaxNode? VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        var inside = (ExpressionStatementSyntax)base.VisitExpressionStatement(node)!;
        var isRemovable = node.Expression switch
        {
            InvocationExpressionSyntax => true,
            AssignmentExpressionSyntax { Left: IdentifierNameSyntax { Identifier.Text: ['_', _, ..] } } =>
                node.FirstAncestorOrSelf<ConstructorDeclarationSyntax>() is null,
            _ => false,
        };
        return isRemovable && !Declares(node)
            ? SyntaxFactory.ParseStatement($"if (!{Switch(node, "")}) {{ {inside.WithoutTrivia()} }}").WithTriviaFrom(node)
            : inside;
    }

    /// <summary>A condition that no operator makes the opposite of: a call, a property, a pattern.</summary>
    private ExpressionSyntax Opposite(ExpressionSyntax node, ExpressionSyntax inside) =>
        node is not BinaryExpressionSyntax { RawKind: not (int)SyntaxKind.IsExpression } && !Declares(node)
            ? Choice(node, $"!({node.WithoutTrivia()})", inside)
            : inside;

    private ExpressionSyntax Choice(ExpressionSyntax node, string changed, ExpressionSyntax inside) =>
        SyntaxFactory.ParseExpression($"({Switch(node, changed)} ? {changed} : {inside.WithoutTrivia()})").WithTriviaFrom(node);

    private static bool Declares(SyntaxNode node) => node.DescendantNodesAndSelf().Any(
        child => child is VariableDesignationSyntax or StackAllocArrayCreationExpressionSyntax
            or ImplicitStackAllocArrayCreationExpressionSyntax
            or ArgumentSyntax { RefKindKeyword.RawKind: (int)SyntaxKind.OutKeyword });

    private static bool IsText(SyntaxNode node) => node.DescendantNodes().Any(
        child => child is InterpolatedStringExpressionSyntax or LiteralExpressionSyntax { RawKind: (int)SyntaxKind.StringLiteralExpression })
        && node.IsKind(SyntaxKind.AddExpression);

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
