namespace NodeDns.Cli.Commands;

/// <summary>A flag, its value, and what was expected.</summary>
internal sealed class UsageException(string message) : Exception(message);
