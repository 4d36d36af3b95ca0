using System.Collections.Frozen;
using System.Globalization;

namespace NodeDns.Dns.Records;

/// <summary>IANA's names of types, classes and rcodes, in upper case, as Corefiles and zone files use them.</summary>
public static class Mnemonics
{
    private static readonly FrozenDictionary<string, ushort> s_types = new Dictionary<string, ushort>
    {
        ["A"] = 1,
        ["NS"] = 2,
        ["MD"] = 3,
        ["MF"] = 4,
        ["CNAME"] = 5,
        ["SOA"] = 6,
        ["MB"] = 7,
        ["MG"] = 8,
        ["MR"] = 9,
        ["NULL"] = 10,
        ["WKS"] = 11,
        ["PTR"] = 12,
        ["HINFO"] = 13,
        ["MINFO"] = 14,
        ["MX"] = 15,
        ["TXT"] = 16,
        ["RP"] = 17,
        ["AFSDB"] = 18,
        ["X25"] = 19,
        ["ISDN"] = 20,
        ["RT"] = 21,
        ["NSAP"] = 22,
        ["NSAP-PTR"] = 23,
        ["SIG"] = 24,
        ["KEY"] = 25,
        ["PX"] = 26,
        ["GPOS"] = 27,
        ["AAAA"] = 28,
        ["LOC"] = 29,
        ["NXT"] = 30,
        ["EID"] = 31,
        ["NIMLOC"] = 32,
        ["SRV"] = 33,
        ["ATMA"] = 34,
        ["NAPTR"] = 35,
        ["KX"] = 36,
        ["CERT"] = 37,
        ["A6"] = 38,
        ["DNAME"] = 39,
        ["SINK"] = 40,
        ["OPT"] = 41,
        ["APL"] = 42,
        ["DS"] = 43,
        ["SSHFP"] = 44,
        ["IPSECKEY"] = 45,
        ["RRSIG"] = 46,
        ["NSEC"] = 47,
        ["DNSKEY"] = 48,
        ["DHCID"] = 49,
        ["NSEC3"] = 50,
        ["NSEC3PARAM"] = 51,
        ["TLSA"] = 52,
        ["SMIMEA"] = 53,
        ["HIP"] = 55,
        ["NINFO"] = 56,
        ["RKEY"] = 57,
        ["TALINK"] = 58,
        ["CDS"] = 59,
        ["CDNSKEY"] = 60,
        ["OPENPGPKEY"] = 61,
        ["CSYNC"] = 62,
        ["ZONEMD"] = 63,
        ["SVCB"] = 64,
        ["HTTPS"] = 65,
        ["SPF"] = 99,
        ["UINFO"] = 100,
        ["UID"] = 101,
        ["GID"] = 102,
        ["UNSPEC"] = 103,
        ["NID"] = 104,
        ["L32"] = 105,
        ["L64"] = 106,
        ["LP"] = 107,
        ["EUI48"] = 108,
        ["EUI64"] = 109,
        ["NXNAME"] = 128,
        ["TKEY"] = 249,
        ["TSIG"] = 250,
        ["IXFR"] = 251,
        ["AXFR"] = 252,
        ["MAILB"] = 253,
        ["MAILA"] = 254,
        ["ANY"] = 255,
        ["URI"] = 256,
        ["CAA"] = 257,
        ["AVC"] = 258,
        ["AMTRELAY"] = 260,
        ["RESINFO"] = 261,
        ["TA"] = 32768,
        ["DLV"] = 32769,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, ushort> s_classes = new Dictionary<string, ushort>
    {
        ["IN"] = 1,
        ["CS"] = 2,
        ["CH"] = 3,
        ["HS"] = 4,
        ["NONE"] = 254,
        ["ANY"] = 255,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, ushort> s_rcodes = new Dictionary<string, ushort>
    {
        ["NOERROR"] = 0,
        ["FORMERR"] = 1,
        ["SERVFAIL"] = 2,
        ["NXDOMAIN"] = 3,
        ["NOTIMP"] = 4,
        ["NOTIMPL"] = 4,
        ["REFUSED"] = 5,
        ["YXDOMAIN"] = 6,
        ["YXRRSET"] = 7,
        ["NXRRSET"] = 8,
        ["NOTAUTH"] = 9,
        ["NOTZONE"] = 10,
        ["DSOTYPENI"] = 11,
        ["BADSIG"] = 16,
        ["BADVERS"] = 16,
        ["BADKEY"] = 17,
        ["BADTIME"] = 18,
        ["BADMODE"] = 19,
        ["BADNAME"] = 20,
        ["BADALG"] = 21,
        ["BADTRUNC"] = 22,
        ["BADCOOKIE"] = 23,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<ushort, string> s_typeNames =
        s_types.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    public static bool TryType(string text, out ushort value) => s_types.TryGetValue(text.ToUpperInvariant(), out value);

    public static bool TryClass(string text, out ushort value) =>
        s_classes.TryGetValue(text.ToUpperInvariant(), out value);

    public static bool TryRcode(string text, out ushort value) =>
        s_rcodes.TryGetValue(text.ToUpperInvariant(), out value);

    /// <summary>The name of a type, or TYPE123 for a type without a name (RFC 3597).</summary>
    public static string TypeName(ushort value) =>
        s_typeNames.TryGetValue(value, out var name) ? name : string.Create(CultureInfo.InvariantCulture, $"TYPE{value}");

    public static string ClassName(ushort value)
    {
        foreach (var (name, number) in s_classes)
        {
            if (number == value)
            {
                return name;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"CLASS{value}");
    }

    public static string RcodeName(ushort value)
    {
        foreach (var (name, number) in s_rcodes)
        {
            if (number == value && name is not ("NOTIMPL" or "BADSIG"))
            {
                return name;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"RCODE{value}");
    }
}
