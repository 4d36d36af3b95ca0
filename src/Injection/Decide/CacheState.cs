namespace NodeDns.Injection.Decide;

/// <summary>What is known of the node cache behind the local address.</summary>
public enum CacheState
{
    /// <summary>Nobody asks it (<c>--probe false</c>, or no local address): taken as answering.</summary>
    NotProbed,

    /// <summary>Not asked yet: pods without a fallback wait for the first answer.</summary>
    Unknown,
    Answering,
    Silent,
}
