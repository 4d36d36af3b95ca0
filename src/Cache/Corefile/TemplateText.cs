using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace NodeDns.Cache.Corefile;

/// <summary>A Go template of which this server knows the part that configurations use.</summary>
/// <param name="Source">As written.</param>
/// <param name="Parts">Literal text and values by turns.</param>
public sealed record TemplateText(string Source, ImmutableArray<TemplatePart> Parts)
{
    /// <summary>The text for one question; null when a group's number does not exist, or a number is none.</summary>
    public string? Render(in TemplateQuestion question)
    {
        var text = new StringBuilder();
        foreach (var part in Parts)
        {
            var value = question.Value(part);
            if (value is not null && part.Radix != 0)
                value = GoNumber.TryDigits(value, (uint)part.Radix, out var number)
                    ? number.ToString(CultureInfo.InvariantCulture)
                    : null;
            if (value is null)
                return null;
            text.Append(value);
        }

        return text.ToString();
    }
}

/// <param name="Text">Literal text; for <see cref="TemplateValue.Group"/> the group's name.</param>
/// <param name="Index">For <see cref="TemplateValue.Match"/>, the group's number, 0 being the whole match.</param>
/// <param name="Radix">When not zero, the value is a number of this base and printed in decimal (parseInt).</param>
public sealed record TemplatePart(TemplateValue Value, string Text = "", int Index = 0, int Radix = 0);

/// <summary>What a template knows of a question.</summary>
/// <param name="Name">Lower case, with the final dot.</param>
/// <param name="Zone">The longest zone of the rule that holds the name.</param>
/// <param name="Match">Of <paramref name="Pattern"/> on the name.</param>
/// <param name="QuestionName">As asked, with the final dot.</param>
/// <param name="Remote">The client's address.</param>
public readonly record struct TemplateQuestion(
    string Name, string Zone, ushort Qtype, ushort Qclass, GoPattern Pattern, Match Match, string QuestionName,
    string Remote, ushort Id)
{
    /// <summary>null for a group number that the pattern does not have; a name that it does not have is nothing.</summary>
    public string? Value(TemplatePart part) => part.Value switch
    {
        TemplateValue.Literal => part.Text,
        TemplateValue.Name => Name,
        TemplateValue.Zone => Zone,
        TemplateValue.Type => Mnemonics.TypeName(Qtype),
        TemplateValue.Class => Mnemonics.ClassName(Qclass),
        TemplateValue.Match => part.Index < Match.Groups.Count ? Match.Groups[part.Index].Value : null,
        TemplateValue.Group => Pattern.GroupNumber(part.Text) is > 0 and var group ? Match.Groups[group].Value : "",
        TemplateValue.QuestionName => QuestionName,
        TemplateValue.Remote => Remote,
        _ => Id.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>What a part of a template stands for.</summary>
public enum TemplateValue
{
    Literal,

    /// <summary>.Name: the question's name, lower case with the final dot.</summary>
    Name,

    /// <summary>.Zone: the longest of the rule's zones that holds the name.</summary>
    Zone,

    /// <summary>.Type: mnemonic of the question's type.</summary>
    Type,

    /// <summary>.Class: mnemonic of the question's class.</summary>
    Class,

    /// <summary>.Match: a group of the pattern by number.</summary>
    Match,

    /// <summary>.Group: a group of the pattern by name.</summary>
    Group,

    /// <summary>.Question.Name: the name exactly as asked.</summary>
    QuestionName,

    /// <summary>.Remote: the client's address.</summary>
    Remote,

    /// <summary>.Message.Id: the question's id.</summary>
    MessageId,
}
