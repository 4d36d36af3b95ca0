namespace NodeDns.Cli.Checks;

/// <summary>How bad a finding is.</summary>
internal enum Level
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>Works, and may not tomorrow; or does not do what it seems to.</summary>
    Warning,

    /// <summary>Does not work.</summary>
    Error,
}
