using System.Globalization;
using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Tracing;

/// <summary>One lookup, as <c>node-dns-cache trace --json</c> in a pod of the cache prints it.</summary>
/// <param name="Node">The node that it was made on.</param>
/// <param name="Line">The object as it was printed.</param>
internal sealed record Lookup(string Node, JsonElement Line)
{
    public DateTimeOffset Time { get; } = DateTimeOffset.TryParse(
        Line.Text("time"u8), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : default;

    public string Client => Field("client"u8);

    public string Name => Field("name"u8);

    public string Type => Field("type"u8);

    public string Rcode => Field("rcode"u8);

    public string From => Field("from"u8);

    public string Milliseconds => Number("ms"u8);

    /// <summary>For <c>-o wide</c>: the client's port, the transport, the server that was asked and its time, the octets of the
    /// reply.</summary>
    public string Rest => string.Join(' ',
        $"{Client}:{Number("port"u8)}", Field("transport"u8), Field("upstream"u8), $"{Number("upstreamMs"u8)}ms", Number("size"u8));

    /// <returns>null when the line is no lookup.</returns>
    public static Lookup? Read(string node, string line, out long missed)
    {
        missed = 0;
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.Member("missed"u8) is { ValueKind: JsonValueKind.Number } count)
            {
                count.TryGetInt64(out missed);
                return null;
            }

            return document.RootElement.Text("client"u8) is null ? null : new Lookup(node, document.RootElement.Clone());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Field(ReadOnlySpan<byte> name) => Line.Text(name) ?? "-";

    private string Number(ReadOnlySpan<byte> name) =>
        Line.Member(name) is { ValueKind: JsonValueKind.Number } number ? number.GetRawText() : "-";
}
