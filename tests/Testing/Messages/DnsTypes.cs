namespace NodeDns.Testing.Messages;

/// <summary>Mnemonics of the registry (RFC 3597 section 5: an unknown type is written TYPEn).</summary>
public static class DnsTypes
{
    private static readonly Dictionary<string, ushort> s_types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["A"] = 1,
        ["NS"] = 2,
        ["CNAME"] = 5,
        ["SOA"] = 6,
        ["NULL"] = 10,
        ["PTR"] = 12,
        ["HINFO"] = 13,
        ["MX"] = 15,
        ["TXT"] = 16,
        ["AAAA"] = 28,
        ["SRV"] = 33,
        ["NAPTR"] = 35,
        ["DNAME"] = 39,
        ["OPT"] = 41,
        ["DS"] = 43,
        ["RRSIG"] = 46,
        ["NSEC"] = 47,
        ["DNSKEY"] = 48,
        ["SVCB"] = 64,
        ["HTTPS"] = 65,
        ["SPF"] = 99,
        ["IXFR"] = 251,
        ["AXFR"] = 252,
        ["ANY"] = 255,
        ["CAA"] = 257,
    };

    private static readonly Dictionary<string, ushort> s_classes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["IN"] = 1,
        ["CH"] = 3,
        ["HS"] = 4,
        ["NONE"] = 254,
        ["ANY"] = 255,
    };

    private static readonly string[] s_rcodes =
        ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
         "NOTZONE"];

    public static ushort TypeOf(string text) => Number(s_types, text, "TYPE");

    public static string TypeText(ushort type) => Text(s_types, type, "TYPE");

    public static ushort ClassOf(string text) => Number(s_classes, text, "CLASS");

    public static string ClassText(ushort value) => Text(s_classes, value, "CLASS");

    public static bool IsClass(string text) =>
        s_classes.ContainsKey(text) || text.StartsWith("CLASS", StringComparison.OrdinalIgnoreCase);

    public static int RcodeOf(string text) => text.Equals("BADVERS", StringComparison.OrdinalIgnoreCase)
        ? 16
        : Array.FindIndex(s_rcodes, rcode => rcode.Equals(text, StringComparison.OrdinalIgnoreCase)) is >= 0 and var found
            ? found
            : int.Parse(text.Replace("RCODE", "", StringComparison.OrdinalIgnoreCase));

    public static string RcodeText(int rcode) =>
        rcode == 16 ? "BADVERS" : rcode < s_rcodes.Length ? s_rcodes[rcode] : $"RCODE{rcode}";

    private static ushort Number(Dictionary<string, ushort> names, string text, string prefix) =>
        names.TryGetValue(text, out var number) ? number
        : text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? ushort.Parse(text.AsSpan(prefix.Length))
        : throw new FormatException($"'{text}' is no {prefix.ToLowerInvariant()} mnemonic");

    private static string Text(Dictionary<string, ushort> names, ushort number, string prefix) =>
        names.FirstOrDefault(pair => pair.Value == number).Key ?? $"{prefix}{number}";
}
