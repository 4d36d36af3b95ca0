namespace NodeDns.Cli.Commands;

/// <summary>The exit codes of all commands.</summary>
internal static class ExitCode
{
    /// <summary>There is nothing to do.</summary>
    public const int Nothing = 0;

    /// <summary>There is something to do, which was printed.</summary>
    public const int Findings = 1;

    /// <summary>The answer is not complete.</summary>
    public const int CouldNotTell = 2;
}
