namespace NodeDns.Dns.Wire;

/// <summary>Classes (IANA DNS CLASSes) that have a meaning for the cache. Other values are passed on
/// unchanged.</summary>
public enum Qclass : ushort
{
    IN = 1,
    CH = 3,
    HS = 4,
    None = 254,
    Any = 255,
}
