namespace NodeDns.Dns.Wire;

/// <summary>Classes (IANA DNS CLASSes) that the cache tells apart; any other value is carried as it is.</summary>
public enum Qclass : ushort
{
    IN = 1,
    CH = 3,
    HS = 4,
    None = 254,
    Any = 255,
}
