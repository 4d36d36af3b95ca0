using NodeDns.Dns.Wire;

namespace NodeDns.Dns.Records;

/// <summary>The fields of each type's data, one letter for each field, as <see cref="RdataText"/> reads them.</summary>
internal static class RdataLayout
{
    /// <returns>null for a type whose fields are not known.</returns>
    public static string? Of(Qtype type) => Mnemonics.TypeName((ushort)type) switch
    {
        "A" => "a",
        "AAAA" => "A",
        "NS" or "CNAME" or "DNAME" or "PTR" or "MB" or "MD" or "MF" or "MG" or "MR" or "NSAP-PTR" => "n",
        "MINFO" or "RP" or "TALINK" => "nn",
        "MX" or "AFSDB" or "KX" or "RT" or "LP" => "2n",
        "PX" => "2nn",
        "SRV" => "222n",
        "SOA" => "nn4dddd",
        "TXT" or "SPF" or "AVC" or "NINFO" or "RESINFO" => "S",
        "X25" or "UINFO" => "s",
        "GPOS" => "sss",
        "HINFO" or "ISDN" => "H",
        "LOC" => "L",
        "CAA" => "1so",
        "NAPTR" => "22sssn",
        "URI" => "22o",
        "SVCB" or "HTTPS" => "2nv",
        "TLSA" or "SMIMEA" => "111h",
        "SSHFP" => "11h",
        "CERT" => "c2gb",
        "OPENPGPKEY" or "DHCID" => "b",
        "DS" or "CDS" or "DLV" or "TA" => "2g1h",
        "DNSKEY" or "CDNSKEY" or "KEY" or "RKEY" => "21gb",
        "RRSIG" or "SIG" => "yg14TT2nb",
        "NSEC" => "nt",
        "NSEC3" => "112xBt",
        "NSEC3PARAM" => "112x",
        "CSYNC" => "42t",
        "ZONEMD" => "411h",
        "L32" => "2a",
        "L64" or "NID" => "2E",
        "EUI48" => "e",
        "EUI64" => "E",
        "UID" or "GID" => "4",
        "EID" or "NIMLOC" => "h",
        _ => null,
    };

    /// <summary>True when the octets of a \# record (RFC 3597 section 5) have this layout.</summary>
    public static bool Fits(string layout, ReadOnlySpan<byte> rdata)
    {
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        var at = 0;
        foreach (var field in layout)
        {
            // Compression pointers are not allowed, because there is no message that they could point into.
            if (field == 'n' && DnsName.Read(rdata, at, name, out var end) is > 0 and var read && read == end - at)
            {
                at = end;
                continue;
            }
            var length = field switch
            {
                '1' or 'g' => 1,
                '2' or 'c' or 'y' => 2,
                '4' or 'd' or 'T' or 'a' => 4,
                'e' => 6,
                'E' => 8,
                'A' or 'L' => 16,
                's' or 'x' or 'B' when at < rdata.Length => 1 + rdata[at],
                'S' or 'H' or 'o' or 'h' or 'b' or 't' or 'v' => Math.Max(rdata.Length - at, 0),
                _ => rdata.Length + 1,
            };
            at += length;
        }
        return at == rdata.Length;
    }
}
