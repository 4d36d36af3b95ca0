namespace NodeDns.Injection.Decide;

/// <summary>What is known about the node cache at the local address.</summary>
public enum CacheState
{
    /// <summary>The cache is not probed (<c>--probe false</c>, or no local address) and is assumed to answer.</summary>
    NotProbed,

    /// <summary>Not probed yet. Pods without a fallback are not injected until the first answer.</summary>
    Unknown,
    Answering,
    Silent,
}
