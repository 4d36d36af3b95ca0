using System.Text;

namespace NodeDns.Telemetry;

/// <summary>The head of an HTTP/1.x request, as far as a server for GET needs it (RFC 9112).</summary>
/// <param name="Length">Length of the head in octets, including the empty line.</param>
internal readonly record struct HttpRequestHead(
    int Length, bool IsGet, bool IsHead, bool KeepAlive, bool HasBody, string Path)
{
    /// <summary>Far more than any scraper or probe sends.</summary>
    public const int MaxLength = 8192;

    /// <summary>Parses the head at the start of the received octets.</summary>
    /// <returns>null until the empty line has arrived; a default value, with Length 0, when it is not HTTP.</returns>
    public static HttpRequestHead? Read(ReadOnlySpan<byte> received)
    {
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        var head = received[..end];
        var lineEnd = head.IndexOf("\r\n"u8);
        var line = lineEnd < 0 ? head : head[..lineEnd];
        var firstSpace = line.IndexOf((byte)' ');
        var lastSpace = line.LastIndexOf((byte)' ');
        if (firstSpace <= 0 || lastSpace == firstSpace)
        {
            return default(HttpRequestHead);
        }

        var method = line[..firstSpace];
        var target = line[(firstSpace + 1)..lastSpace];
        var version = line[(lastSpace + 1)..];
        if (!version.StartsWith("HTTP/1."u8) || target.IsEmpty || target[0] != '/')
        {
            return default(HttpRequestHead);
        }

        var keepAlive = !version.SequenceEqual("HTTP/1.0"u8);
        var hasBody = false;
        var fields = lineEnd < 0 ? [] : head[(lineEnd + 2)..];
        while (!fields.IsEmpty)
        {
            var fieldEnd = fields.IndexOf("\r\n"u8);
            var field = fieldEnd < 0 ? fields : fields[..fieldEnd];
            fields = fieldEnd < 0 ? [] : fields[(fieldEnd + 2)..];
            var colon = field.IndexOf((byte)':');
            if (colon <= 0)
            {
                return default(HttpRequestHead);
            }

            var name = field[..colon];
            var value = field[(colon + 1)..].Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(name, "connection"u8))
            {
                keepAlive = Ascii.EqualsIgnoreCase(value, "keep-alive"u8)
                    || keepAlive && !Ascii.EqualsIgnoreCase(value, "close"u8);
            }
            else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
            {
                hasBody = true;
            }
            else if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
            {
                hasBody |= !value.SequenceEqual("0"u8);
            }
        }

        var query = target.IndexOf((byte)'?');
        return new HttpRequestHead(
            end + 4,
            method.SequenceEqual("GET"u8),
            method.SequenceEqual("HEAD"u8),
            keepAlive,
            hasBody,
            Encoding.Latin1.GetString(query < 0 ? target : target[..query]));
    }
}
