namespace NodeDns.Cli.Commands;

/// <summary>A wrong flag. The message names the flag, its value and what was expected.</summary>
internal sealed class UsageException(string message) : Exception(message);
