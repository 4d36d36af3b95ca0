using System.Collections.Immutable;

namespace NodeDns.Go.Templates;

/// <summary>A part of a template.</summary>
internal abstract record TemplateNode;

/// <summary>Text outside of actions.</summary>
internal sealed record TextNode(string Text) : TemplateNode;

/// <summary>{{ PIPELINE }}: writes the value, unless the pipeline sets a variable.</summary>
internal sealed record ActionNode(Pipeline Pipeline) : TemplateNode;

/// <summary>if, with, range: chooses one of two bodies by a value.</summary>
internal sealed record BranchNode(
    BranchKind Kind, Pipeline Pipeline, ImmutableArray<TemplateNode> Body, ImmutableArray<TemplateNode> Else) : TemplateNode;

/// <summary>break and continue, for the innermost range.</summary>
internal sealed record LoopExitNode(bool Continues) : TemplateNode;

/// <summary>template and block: runs another template, whose dot and <c>$</c> are the pipeline's value.</summary>
/// <param name="Pipeline">null for no value.</param>
internal sealed record IncludeNode(string Name, Pipeline? Pipeline) : TemplateNode;

internal enum BranchKind
{
    If,

    /// <summary>The value becomes the dot of the body.</summary>
    With,

    /// <summary>The body is run for each element, which becomes its dot.</summary>
    Range,
}

/// <summary>A sequence of commands. Each gets the value of the previous one as its last argument.</summary>
/// <param name="Variables">The variables that are set to the value. Only range has two: index and element.</param>
/// <param name="Declares">True for :=, false for =.</param>
internal sealed record Pipeline(ImmutableArray<string> Variables, bool Declares, ImmutableArray<ImmutableArray<Operand>> Commands);

/// <summary>One operand of a command.</summary>
internal abstract record Operand;

/// <summary>A constant: text, number, boolean or nil.</summary>
internal sealed record LiteralOperand(object? Value) : Operand;

internal sealed record FunctionOperand(string Name) : Operand;

/// <summary>A value and the fields selected from it: <c>.A.B</c>, <c>$x.A</c>, <c>(PIPELINE).A</c>.</summary>
/// <param name="Variable">null when the value is the dot or <paramref name="Nested"/>.</param>
internal sealed record PathOperand(string? Variable, Pipeline? Nested, ImmutableArray<string> Fields) : Operand;
