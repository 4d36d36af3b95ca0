namespace NodeDns.Cli.Commands;

/// <summary>What a shell script can ask of every command.</summary>
internal static class ExitCode
{
    /// <summary>Nothing to do.</summary>
    public const int Nothing = 0;

    /// <summary>There is something to do, and it is said.</summary>
    public const int Findings = 1;

    /// <summary>The whole answer could not be had.</summary>
    public const int CouldNotTell = 2;
}
