namespace NodeDns.Dns.Wire;

/// <summary>Response codes (IANA DNS RCODEs). Values above 15 need an OPT record.</summary>
public enum Rcode : byte
{
    NoError = 0,
    FormErr = 1,
    ServFail = 2,
    NXDomain = 3,
    NotImp = 4,
    Refused = 5,
    YXDomain = 6,
    YXRRSet = 7,
    NXRRSet = 8,
    NotAuth = 9,
    NotZone = 10,
    BadVers = 16,
    BadCookie = 23,
}
