namespace NodeDns.Go.Templates;

/// <summary>A word of an action.</summary>
/// <param name="Text">A field's name without its dot, a text without its quotes; otherwise as written.</param>
/// <param name="Value">Of a literal.</param>
/// <param name="Spaced">White space stands before it: <c>.A.B</c> is one value, <c>.A .B</c> are two.</param>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, object? Value = null, bool Spaced = false);

internal enum TemplateTokenKind
{
    /// <summary>The end of the action.</summary>
    End,
    Word,
    Field,
    Dot,
    Variable,
    Literal,

    /// <summary>One of <c>| , ( ) := =</c>.</summary>
    Sign,
}
