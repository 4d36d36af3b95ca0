using System.Collections.Immutable;

namespace NodeDns.Cache.Corefile;

/// <summary>A Go template of which this server knows the part that configurations use.</summary>
/// <param name="Source">As written.</param>
/// <param name="Parts">Literal text and values by turns.</param>
public sealed record TemplateText(string Source, ImmutableArray<TemplatePart> Parts);

/// <param name="Text">Literal text; for <see cref="TemplateValue.Group"/> the group's name.</param>
/// <param name="Index">For <see cref="TemplateValue.Match"/>, the group's number, 0 being the whole match.</param>
public sealed record TemplatePart(TemplateValue Value, string Text = "", int Index = 0);

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

    /// <summary>.Message.Id or .Id: the question's id.</summary>
    MessageId,
}
