namespace NodeDns.Corefile;

/// <summary>An error or a warning about the configuration.</summary>
/// <param name="Directive">The name of the directive; "zone" for the head of a block, "syntax" for text that is not a
/// Corefile.</param>
/// <param name="Value">The text that was found.</param>
/// <param name="Expected">The text that was expected, as a phrase.</param>
public sealed record CorefileProblem(SourceLine At, string Directive, string Value, string Expected)
{
    /// <summary>file:line: directive: value: expected …</summary>
    public override string ToString() => $"{At}: {Directive}: {Value}: {Expected}";
}
