namespace NodeDns.Corefile;

/// <summary>One thing wrong with the configuration, or worth knowing about it.</summary>
/// <param name="Directive">The directive; "zone" for a block's head, "syntax" for text that is no Corefile.</param>
/// <param name="Value">What was found.</param>
/// <param name="Expected">What would have been right, as a phrase.</param>
public sealed record CorefileProblem(SourceLine At, string Directive, string Value, string Expected)
{
    /// <summary>file:line: directive: value: expected …</summary>
    public override string ToString() => $"{At}: {Directive}: {Value}: {Expected}";
}
