namespace NodeDns.Guard.Node;

/// <summary>An iptables program is missing or has failed.</summary>
/// <param name="isLocked">It could not get the xtables lock because another process held it (exit code 4).</param>
internal sealed class IptablesException(string message, bool isLocked = false) : Exception(message)
{
    public bool IsLocked => isLocked;
}
