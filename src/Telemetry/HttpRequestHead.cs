using System.Text;

namespace NodeDns.Telemetry;

/// <summary>The head of an HTTP/1.x request, as much of it as a responder to GET needs (RFC 9112).</summary>
/// <param name="Length">Octets of the head with its empty line.</param>
/// <param name="Authorization">That field's value; null where there is none.</param>
internal readonly record struct HttpRequestHead(
    int Length, bool IsGet, bool IsHead, bool KeepAlive, bool HasBody, string Path, string? Authorization)
{
    /// <summary>More than any scraper or probe sends.</summary>
    public const int MaxLength = 8192;

    /// <summary>Parses the head at the start of what has been received.</summary>
    /// <returns>null while the empty line has not come; a default value, with Length 0, when this is not
    /// HTTP.</returns>
    public static HttpRequestHead? Read(ReadOnlySpan<byte> received)
    {
        int end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return null;
        ReadOnlySpan<byte> head = received[..end];
        int lineEnd = head.IndexOf("\r\n"u8);
        ReadOnlySpan<byte> line = lineEnd < 0 ? head : head[..lineEnd];
        int firstSpace = line.IndexOf((byte)' ');
        int lastSpace = line.LastIndexOf((byte)' ');
        if (firstSpace <= 0 || lastSpace == firstSpace)
            return default(HttpRequestHead);
        ReadOnlySpan<byte> method = line[..firstSpace];
        ReadOnlySpan<byte> target = line[(firstSpace + 1)..lastSpace];
        ReadOnlySpan<byte> version = line[(lastSpace + 1)..];
        if (!version.StartsWith("HTTP/1."u8) || target.IsEmpty || target[0] != '/')
            return default(HttpRequestHead);

        bool keepAlive = !version.SequenceEqual("HTTP/1.0"u8);
        bool hasBody = false;
        string? authorization = null;
        ReadOnlySpan<byte> fields = lineEnd < 0 ? [] : head[(lineEnd + 2)..];
        while (!fields.IsEmpty)
        {
            int fieldEnd = fields.IndexOf("\r\n"u8);
            ReadOnlySpan<byte> field = fieldEnd < 0 ? fields : fields[..fieldEnd];
            fields = fieldEnd < 0 ? [] : fields[(fieldEnd + 2)..];
            int colon = field.IndexOf((byte)':');
            if (colon <= 0)
                return default(HttpRequestHead);
            ReadOnlySpan<byte> name = field[..colon];
            ReadOnlySpan<byte> value = field[(colon + 1)..].Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(name, "connection"u8))
                keepAlive = Ascii.EqualsIgnoreCase(value, "keep-alive"u8)
                    || keepAlive && !Ascii.EqualsIgnoreCase(value, "close"u8);
            else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
                hasBody = true;
            else if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
                hasBody |= !value.SequenceEqual("0"u8);
            else if (Ascii.EqualsIgnoreCase(name, "authorization"u8))
                authorization = Encoding.Latin1.GetString(value);
        }

        int query = target.IndexOf((byte)'?');
        return new HttpRequestHead(
            end + 4,
            method.SequenceEqual("GET"u8),
            method.SequenceEqual("HEAD"u8),
            keepAlive,
            hasBody,
            Encoding.Latin1.GetString(query < 0 ? target : target[..query]),
            authorization);
    }
}
