using System.Collections.Immutable;

namespace NodeDns.Go.Templates;

/// <summary>A piece of a template, in the order it is written out.</summary>
internal abstract record TemplateNode;

/// <summary>Text outside of actions.</summary>
internal sealed record TextNode(string Text) : TemplateNode;

/// <summary>{{ PIPELINE }}: its value is written out, unless it sets a variable.</summary>
internal sealed record ActionNode(Pipeline Pipeline) : TemplateNode;

/// <summary>if, with, range: one of two bodies, by a value.</summary>
internal sealed record BranchNode(
    BranchKind Kind, Pipeline Pipeline, ImmutableArray<TemplateNode> Body, ImmutableArray<TemplateNode> Else) : TemplateNode;

/// <summary>break and continue of the innermost range.</summary>
internal sealed record LoopExitNode(bool Continues) : TemplateNode;

/// <summary>template and block: another template, with the pipeline's value for its dot and its <c>$</c>.</summary>
/// <param name="Pipeline">null: no value.</param>
internal sealed record IncludeNode(string Name, Pipeline? Pipeline) : TemplateNode;

internal enum BranchKind
{
    If,

    /// <summary>The value is the body's dot.</summary>
    With,

    /// <summary>Each element is the body's dot in turn.</summary>
    Range,
}

/// <summary>Commands, each given the value of the one before as its last argument.</summary>
/// <param name="Variables">Set to the value; two only in a range: index and element.</param>
/// <param name="Declares">:= rather than =.</param>
internal sealed record Pipeline(ImmutableArray<string> Variables, bool Declares, ImmutableArray<ImmutableArray<Operand>> Commands);

/// <summary>A word of a command.</summary>
internal abstract record Operand;

/// <summary>A constant: text, number, truth value, or nil.</summary>
internal sealed record LiteralOperand(object? Value) : Operand;

internal sealed record FunctionOperand(string Name) : Operand;

/// <summary>A value and what is chosen of it: <c>.A.B</c>, <c>$x.A</c>, <c>(PIPELINE).A</c>.</summary>
/// <param name="Variable">Null: of dot, or of <paramref name="Nested"/>.</param>
internal sealed record PathOperand(string? Variable, Pipeline? Nested, ImmutableArray<string> Fields) : Operand;
