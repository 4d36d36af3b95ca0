namespace NodeDns.Dns.Records;

/// <summary>The numbers of DNSSEC algorithms and certificate types that may be written as names.</summary>
internal static class NumberNames
{
    /// <summary>The number of a DNSSEC algorithm (IANA DNS Security Algorithm Numbers).</summary>
    public static byte? Algorithm(string text) => text.ToUpperInvariant() switch
    {
        "RSAMD5" => 1,
        "DH" => 2,
        "DSA" => 3,
        "RSASHA1" => 5,
        "DSA-NSEC3-SHA1" => 6,
        "RSASHA1-NSEC3-SHA1" => 7,
        "RSASHA256" => 8,
        "RSASHA512" => 10,
        "ECC-GOST" => 12,
        "ECDSAP256SHA256" => 13,
        "ECDSAP384SHA384" => 14,
        "ED25519" => 15,
        "ED448" => 16,
        "INDIRECT" => 252,
        "PRIVATEDNS" => 253,
        "PRIVATEOID" => 254,
        _ => null,
    };

    /// <summary>The number of a certificate type (RFC 4398 section 2.1).</summary>
    public static ushort? Certificate(string text) => text switch
    {
        "PKIX" => 1,
        "SPKI" => 2,
        "PGP" => 3,
        "IPKIX" or "IPIX" => 4,
        "ISPKI" => 5,
        "IPGP" => 6,
        "ACPKIX" => 7,
        "IACPKIX" => 8,
        "URI" => 253,
        "OID" => 254,
        _ => null,
    };
}
