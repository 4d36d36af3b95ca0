namespace NodeDns.Cache.Plugins;

/// <summary>The parts of a log line. The placeholders are CoreDNS's.</summary>
internal enum LogField
{
    Literal,

    /// <summary>{type}</summary>
    Type,

    /// <summary>{class}</summary>
    Class,

    /// <summary>{name}: lower case, with its final dot.</summary>
    Name,

    /// <summary>{proto}: udp or tcp.</summary>
    Proto,

    /// <summary>{remote}: the client's address, IPv6 in brackets.</summary>
    Remote,

    /// <summary>{local}: the address that the client asked.</summary>
    Local,

    /// <summary>{port}: the client's port.</summary>
    Port,

    /// <summary>{size}: length of the query in octets.</summary>
    Size,

    /// <summary>{>id}</summary>
    Id,

    /// <summary>{>opcode}</summary>
    Opcode,

    /// <summary>{>do}</summary>
    Do,

    /// <summary>{>bufsize}: the client's UDP payload size; 65535 over TCP.</summary>
    Bufsize,

    /// <summary>{rcode}</summary>
    Rcode,

    /// <summary>{rsize}: length of the reply in octets.</summary>
    ReplySize,

    /// <summary>{>rflags}: flags of the reply, separated by commas.</summary>
    ReplyFlags,

    /// <summary>{duration}</summary>
    Duration,

    /// <summary>{/label}: metadata, which no plugin of this server provides.</summary>
    Metadata,
}

/// <summary>Parses a format string once, so that writing a line only walks over its parts.</summary>
internal static class LogFormat
{
    private static readonly Dictionary<string, LogField> s_fields = new(StringComparer.Ordinal)
    {
        ["{type}"] = LogField.Type,
        ["{class}"] = LogField.Class,
        ["{name}"] = LogField.Name,
        ["{proto}"] = LogField.Proto,
        ["{remote}"] = LogField.Remote,
        ["{local}"] = LogField.Local,
        ["{port}"] = LogField.Port,
        ["{size}"] = LogField.Size,
        ["{>id}"] = LogField.Id,
        ["{>opcode}"] = LogField.Opcode,
        ["{>do}"] = LogField.Do,
        ["{>bufsize}"] = LogField.Bufsize,
        ["{rcode}"] = LogField.Rcode,
        ["{rsize}"] = LogField.ReplySize,
        ["{>rflags}"] = LogField.ReplyFlags,
        ["{duration}"] = LogField.Duration,
    };

    /// <summary>Known names in braces become fields; everything else is kept as text.</summary>
    public static (LogField Field, string Text)[] Parse(string format)
    {
        var parts = new List<(LogField, string)>();
        int literal = 0, at = 0;
        while (at < format.Length)
        {
            var end = format[at] == '{' ? format.IndexOf('}', at) : -1;
            var placeholder = end < 0 ? "" : format[at..(end + 1)];
            var isKnown = s_fields.TryGetValue(placeholder, out var field);
            if (!isKnown && placeholder.StartsWith("{/", StringComparison.Ordinal))
            {
                (isKnown, field) = (true, LogField.Metadata);
            }

            if (!isKnown)
            {
                at++;
                continue;
            }
            if (at > literal)
            {
                parts.Add((LogField.Literal, format[literal..at]));
            }

            parts.Add((field, ""));
            literal = at = end + 1;
        }
        if (literal < format.Length)
        {
            parts.Add((LogField.Literal, format[literal..]));
        }

        return [.. parts];
    }
}
