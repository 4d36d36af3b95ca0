namespace NodeDns.Cli.Checks;

/// <summary>The severity of a finding.</summary>
internal enum Level
{
    /// <summary>Nothing is wrong, but it is good to know.</summary>
    Info,

    /// <summary>It works now but may stop working, or it does not do what it seems to do.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Error,
}
