using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NodeDns.Cli.Printing;

/// <summary>Writes an answer for programs, as JSON or YAML.</summary>
internal static class Document
{
    private static readonly JsonWriterOptions s_indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="output">Where to write.</param>
    /// <param name="format">Json or Yaml.</param>
    /// <param name="write">Writes one value.</param>
    public static void Write(TextWriter output, OutputFormat format, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, s_indented))
        {
            write(writer);
        }

        if (format == OutputFormat.Json)
        {
            output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan));
            return;
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        output.Write(YamlText.Of(document.RootElement));
    }
}
