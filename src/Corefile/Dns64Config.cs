using System.Net;

namespace NodeDns.Corefile;

/// <summary>dns64: AAAA records made from A records (RFC 6147).</summary>
public sealed record Dns64Config : DirectiveConfig
{
    /// <summary>The well-known prefix (RFC 6052 section 2.1).</summary>
    public static readonly IPNetwork PrefixDefault = IPNetwork.Parse("64:ff9b::/96");

    public const int PrefixLengthMinimum = 32;
    public const int PrefixLengthMaximum = 96;

    /// <summary>The prefix, which is 32, 40, 48, 56, 64, 72, 80, 88 or 96 bits long.</summary>
    public IPNetwork Prefix { get; init; } = PrefixDefault;

    /// <summary>Translate even if there are real AAAA records.</summary>
    public bool TranslateAll { get; init; }

    /// <summary>Translate for clients that ask over IPv4 as well.</summary>
    public bool AllowIpv4 { get; init; }
}
