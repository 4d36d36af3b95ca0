using System.Collections.Immutable;

namespace NodeDns.Cache.Corefile;

/// <summary>Reads Go template text: literal text and {{ actions }} that name a value.</summary>
internal static class TemplateParser
{
    /// <summary>What an action may be, for the error that names another.</summary>
    private const string Known = "expected {{ .Name }}, .Zone, .Type, .Class, .Remote, .Question.Name, .Message.Id, "
        + "index .Match N, .Group.NAME, index .Group \"NAME\" or parseInt VALUE BASE BITS, but found {{ ";

    public static bool TryParse(string source, out TemplateText text, out string reason)
    {
        text = null!;
        reason = "";
        var parts = ImmutableArray.CreateBuilder<TemplatePart>();
        var at = 0;
        var trimNext = false;
        while (at < source.Length)
        {
            var open = source.IndexOf("{{", at, StringComparison.Ordinal);
            var literal = open < 0 ? source[at..] : source[at..open];
            if (trimNext)
                literal = literal.TrimStart();
            var close = open < 0 ? source.Length : source.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
            {
                reason = "expected }} after {{";
                return false;
            }

            var action = open < 0 ? "" : source[(open + 2)..close];
            if (action.StartsWith("- ", StringComparison.Ordinal))
            {
                literal = literal.TrimEnd();
                action = action[1..];
            }

            trimNext = action.EndsWith(" -", StringComparison.Ordinal);
            action = (trimNext ? action[..^1] : action).Trim();
            if (literal.Length > 0)
                parts.Add(new(TemplateValue.Literal, literal));
            if (open >= 0 && !IsComment(action))
            {
                if (Action(action) is not { } part)
                {
                    reason = Known + action + " }}";
                    return false;
                }

                parts.Add(part);
            }

            at = open < 0 ? source.Length : close + 2;
        }

        text = new(source, parts.ToImmutable());
        return true;
    }

    private static bool IsComment(string action) =>
        action.StartsWith("/*", StringComparison.Ordinal) && action.EndsWith("*/", StringComparison.Ordinal);

    private static TemplatePart? Action(string action)
    {
        var words = action.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words is ["parseInt", .. var value, var radixText, var bitsText])
        {
            // As in CoreDNS's examples: a group of other than decimal digits, printed in decimal.
            return Value(string.Join(' ', value).Trim('(', ')')) is { Value: not TemplateValue.Literal } inner
                && GoNumber.TryParse(radixText, 36, out var radix) && radix >= 2 && GoNumber.TryParse(bitsText, 64, out _)
                ? inner with { Radix = radix }
                : null;
        }

        return Value(action);
    }

    private static TemplatePart? Value(string action) =>
        action.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) switch
        {
            [".Name"] => new(TemplateValue.Name),
            [".Zone"] => new(TemplateValue.Zone),
            [".Type"] => new(TemplateValue.Type),
            [".Class"] => new(TemplateValue.Class),
            [".Remote"] => new(TemplateValue.Remote),
            [".Question.Name"] => new(TemplateValue.QuestionName),
            [".Message.Id"] or [".Message.MsgHdr.Id"] => new(TemplateValue.MessageId),
            ["index", ".Match", var number] when GoNumber.TryParse(number, ushort.MaxValue, out var index) =>
                new(TemplateValue.Match, Index: index),
            ["index", ".Group", ['"' or '`', .. var name, '"' or '`']] => Group(name),
            [['.', 'G', 'r', 'o', 'u', 'p', '.', .. var name]] => Group(name),
            [['"' or '`', .. var literal, '"' or '`']] when !literal.ContainsAny('"', '\\') =>
                new(TemplateValue.Literal, literal),
            _ => null,
        };

    private static TemplatePart? Group(string name)
    {
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            return null;
        return GoNumber.TryDigits(name, 10, out var number) && number <= ushort.MaxValue
            ? new(TemplateValue.Match, Index: (int)number)
            : new(TemplateValue.Group, name);
    }
}
