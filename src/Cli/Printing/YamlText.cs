using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NodeDns.Cli.Printing;

/// <summary>Writes JSON as the YAML that kubectl prints: block style, indented by two spaces, and quoted if a plain
/// scalar would mean something else.</summary>
internal static partial class YamlText
{
    public static string Of(JsonElement value)
    {
        var text = new StringBuilder();
        Write(text, value, 0, startsLine: true);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement value, int indent, bool startsLine)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any():
                foreach (var member in value.EnumerateObject())
                {
                    Begin(text, indent, ref startsLine);
                    text.Append(Scalar(member.Name)).Append(':');
                    Under(text, member.Value, indent);
                }

                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                foreach (var item in value.EnumerateArray())
                {
                    Begin(text, indent, ref startsLine);
                    text.Append("- ");
                    Write(text, item, indent + 2, startsLine: false);
                }

                break;
            default:
                text.Append(Inline(value)).Append('\n');
                break;
        }
    }

    private static void Begin(StringBuilder text, int indent, ref bool startsLine)
    {
        if (startsLine)
        {
            text.Append(' ', indent);
        }

        startsLine = true;
    }

    /// <summary>Writes a member's value, on the line of its name or below it. As in kubectl, lists are not
    /// indented.</summary>
    private static void Under(StringBuilder text, JsonElement value, int indent)
    {
        if (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any())
        {
            text.Append('\n');
            Write(text, value, indent + 2, startsLine: true);
        }
        else if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
        {
            text.Append('\n');
            Write(text, value, indent, startsLine: true);
        }
        else
        {
            text.Append(' ');
            Write(text, value, indent, startsLine: false);
        }
    }

    private static string Inline(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "{}",
        JsonValueKind.Array => "[]",
        JsonValueKind.String => Scalar(value.GetString()!),
        _ => value.GetRawText(),
    };

    private static string Scalar(string text) => Plain().IsMatch(text) && !ReadAsOther().IsMatch(text) ? text : $"\"{Escape(text)}\"";

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[A-Za-z0-9/._][A-Za-z0-9 /._:,()=+~;*'-]*(?<![ :])\z")]
    private static partial Regex Plain();

    /// <summary>Text that YAML would read as null, a boolean, a number or a mapping.</summary>
    [GeneratedRegex(@"\A(null|~|true|false|yes|no|on|off|y|n|[-+.]?[0-9][0-9_.:eExXa-fA-F+-]*|\.inf|\.nan)\z|: ", RegexOptions.IgnoreCase)]
    private static partial Regex ReadAsOther();
}
