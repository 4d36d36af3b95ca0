namespace NodeDns.Guard.Node;

/// <summary>One of the iptables programs is missing or has failed.</summary>
/// <param name="isLocked">It waited in vain for another that holds the xtables lock (exit code 4).</param>
internal sealed class IptablesException(string message, bool isLocked = false) : Exception(message)
{
    public bool IsLocked => isLocked;
}
