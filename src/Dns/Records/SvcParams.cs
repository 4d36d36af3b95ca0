using System.Net.Sockets;
using NodeDns.Addresses;

namespace NodeDns.Dns.Records;

/// <summary>The parameters of SVCB and HTTPS records (RFC 9460 section 2.1): <c>alpn=h2,h3 port="8443" key667=x</c>.</summary>
internal static class SvcParams
{
    /// <summary>The names of the keys, by their number (RFC 9460 section 14.3.2, RFC 9461, RFC 9540).</summary>
    private static readonly string[] s_keys =
        ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"];

    /// <returns>The parameters in wire form, ordered by key.</returns>
    /// <exception cref="FormatException">A word is not a parameter, or a key occurs twice.</exception>
    public static byte[] Read(List<RecordWord> words)
    {
        List<byte[]> parameters = [];
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i].Quoted || !words[i].Spaced)
            {
                throw new FormatException();
            }

            var text = words[i].Text;
            var equals = text.IndexOf('=');
            string key = equals < 0 ? text : text[..equals], value = equals < 0 ? "" : text[(equals + 1)..];
            // key="value": the quoted word directly follows the equals sign.
            if (equals >= 0 && value == "" && i + 1 < words.Count && words[i + 1] is { Quoted: true, Spaced: false } quoted)
            {
                value = quoted.Text;
                i++;
            }
            var octets = Value(key, value);
            parameters.Add([.. Key(key), .. U16(octets.Length), .. octets]);
        }
        parameters.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        for (var i = 1; i < parameters.Count; i++)
        {
            if (parameters[i].AsSpan(0, 2).SequenceEqual(parameters[i - 1].AsSpan(0, 2)))
            {
                throw new FormatException();
            }
        }
        return Joined(parameters);
    }

    /// <summary>Parses a key: its name, or "key" and a number if it has no name.</summary>
    private static byte[] Key(string text)
    {
        if (Array.IndexOf(s_keys, text) is >= 0 and var known)
        {
            return U16(known);
        }

        if (!text.StartsWith("key", StringComparison.Ordinal) || text.StartsWith("key0", StringComparison.Ordinal))
        {
            throw new FormatException();
        }

        var number = (int)RdataText.Number(text[3..], ushort.MaxValue - 1);
        return number >= s_keys.Length ? U16(number) : throw new FormatException();
    }

    private static byte[] Value(string key, string value) => key switch
    {
        "mandatory" => Keys(value),
        "alpn" => Protocols(EscapedText.Unescaped(value)),
        "no-default-alpn" or "ohttp" => value == "" ? [] : throw new FormatException(),
        "port" => U16((int)RdataText.Number(value, ushort.MaxValue)),
        "ipv4hint" => Addresses(value, AddressFamily.InterNetwork),
        "ipv6hint" => Addresses(value, AddressFamily.InterNetworkV6),
        "ech" => Convert.FromBase64String(value),
        _ => EscapedText.Unescaped(value),
    };

    /// <summary>Parses the keys of "mandatory" in ascending order (RFC 9460 section 8).</summary>
    private static byte[] Keys(string value)
    {
        List<byte[]> keys = [];
        foreach (var key in List(value))
        {
            keys.Add(Key(key));
        }

        keys.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return Joined(keys);
    }

    private static string[] List(string value) => value == "" ? [] : value.TrimEnd(',').Split(',');

    private static byte[] Addresses(string value, AddressFamily family)
    {
        List<byte[]> addresses = [];
        foreach (var text in List(value))
        {
            if (!AddressText.TryAsWritten(text, out var address) || address.AddressFamily != family
                || address.IsIPv4MappedToIPv6)
            {
                throw new FormatException();
            }

            addresses.Add(address.GetAddressBytes());
        }
        return addresses.Count > 0 ? Joined(addresses) : throw new FormatException();
    }

    /// <summary>Splits at commas. A backslash before a comma or a backslash makes that character part of the value (RFC
    /// 9460 appendix A.1).</summary>
    /// <returns>The values, each preceded by its length.</returns>
    private static byte[] Protocols(byte[] value)
    {
        List<byte> protocols = [0];
        var start = 0;
        for (var i = 0; i <= value.Length && value.Length > 0; i++)
        {
            if (i < value.Length && value[i] != ',')
            {
                if (value[i] == '\\' && (++i == value.Length || value[i] is not ((byte)'\\' or (byte)',')))
                {
                    throw new FormatException();
                }

                protocols.Add(value[i]);
                continue;
            }
            var length = protocols.Count - start - 1;
            protocols[start] = length is > 0 and <= byte.MaxValue ? (byte)length : throw new FormatException();
            start = protocols.Count;
            protocols.Add(0);
        }
        // Removes the length octet that was added for a value after the last one.
        protocols.RemoveAt(protocols.Count - 1);
        return [.. protocols];
    }

    private static byte[] Joined(List<byte[]> parts)
    {
        List<byte> joined = [];
        foreach (var part in parts)
        {
            joined.AddRange(part);
        }

        return [.. joined];
    }

    private static byte[] U16(int number) => [(byte)(number >> 8), (byte)number];
}
