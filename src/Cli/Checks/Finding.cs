namespace NodeDns.Cli.Checks;

/// <summary>A problem that a check has found.</summary>
/// <param name="Level">Its severity.</param>
/// <param name="Text">One line that says what is wrong, with its name and value.</param>
/// <param name="Remedy">One line that says what to do.</param>
internal sealed record Finding(Level Level, string Text, string Remedy);
