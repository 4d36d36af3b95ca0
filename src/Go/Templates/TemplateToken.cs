namespace NodeDns.Go.Templates;

/// <summary>A token of an action.</summary>
/// <param name="Text">A field's name without the dot, or a text without its quotes; otherwise as written.</param>
/// <param name="Value">The value of a literal.</param>
/// <param name="Spaced">There is white space before the token: <c>.A.B</c> is one value, <c>.A .B</c> are two.</param>
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
