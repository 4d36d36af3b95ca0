namespace NodeDns.Guard.Node;

/// <summary>Whose the link of our name is.</summary>
internal enum LinkOwner
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>A guard's: this one's or a predecessor's.</summary>
    Guard,

    /// <summary>Another program's, such as node-cache's.</summary>
    Other,
}
