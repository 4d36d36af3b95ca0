namespace NodeDns.Cli.Checks;

/// <summary>What a check has found.</summary>
/// <param name="Level">How bad it is.</param>
/// <param name="Text">One line: what, with its name and value.</param>
/// <param name="Remedy">One line: what to do.</param>
internal sealed record Finding(Level Level, string Text, string Remedy);
