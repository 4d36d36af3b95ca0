namespace NodeDns.Cache.Store;

/// <summary>The parts of a key besides name, type, class and scope.</summary>
[Flags]
internal enum KeyFlags : byte
{
    None = 0,

    /// <summary>The client asked for DNSSEC records (RFC 4035 section 3.2.1).</summary>
    DnssecOk = 1,

    /// <summary>The client checks signatures itself (RFC 4035 section 3.2.2).</summary>
    CheckingDisabled = 2,

    /// <summary>This is the key of a failure to answer the question.</summary>
    Failure = 4,
}
