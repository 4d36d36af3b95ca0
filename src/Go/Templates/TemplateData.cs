using NodeDns.Dns.Records;
using NodeDns.Dns.Wire;

namespace NodeDns.Go.Templates;

/// <summary>The objects that a template can access by name: the question and its parts.</summary>
/// <remarks>The values of a template are text, numbers, booleans, lists of text, the map of groups, this enumeration
/// for objects with fields, and null for no value.</remarks>
internal enum TemplateData
{
    /// <summary>The dot outside of range and with, and <c>$</c>.</summary>
    Root,

    /// <summary>.Message, and .Message.MsgHdr.</summary>
    Message,

    /// <summary>.Question.</summary>
    Question,
}

/// <summary>Finds fields by name, both when a template is parsed and when it is executed.</summary>
internal static class TemplateFields
{
    /// <summary>For the error about an unknown name.</summary>
    public const string Known = ".Name, .Zone, .Type, .Class, .Match, .Group, .Regex, .Question.Name, .Question.Qtype, "
        + ".Question.Qclass, .Remote, .Meta, .Message.Id or a flag of .Message";

    private static readonly TemplateQuestion s_sample = new(
        ".", ".", 1, 1, GoPattern.Anything, GoPattern.Anything.Regex.Match("."), ".", "127.0.0.1", 0, 0);

    /// <summary>True when a path of names from the root exists for every question. Names of groups are not checked,
    /// because an unknown group is no value.</summary>
    public static bool Exists(IEnumerable<string> path)
    {
        object? value = TemplateData.Root;
        foreach (var name in path)
        {
            if (!TryGet(value, name, s_sample, out value))
            {
                return false;
            }
        }

        return true;
    }

    /// <returns>false when a value of this kind has no such field.</returns>
    public static bool TryGet(object? of, string name, in TemplateQuestion question, out object? value)
    {
        value = null;
        switch (of)
        {
            case null:
                // As in Go, the fields of a missing value are missing too, which is not an error.
                return true;
            case TemplateData.Root:
                value = Root(name, question);
                return value is not null;
            case TemplateData.Message:
                value = Message(name, question);
                return value is not null;
            case TemplateData.Question:
                value = name switch
                {
                    "Name" => question.QuestionName,
                    "Qtype" => (Int128)question.AskedQtype,
                    "Qclass" => (Int128)question.AskedQclass,
                    "String" => question.QuestionText,
                    _ => null,
                };
                return value is not null;
            case IReadOnlyDictionary<string, string> groups:
                // As in Go, a key that is not in a map gives no value, which is not an error.
                value = groups.GetValueOrDefault(name);
                return true;
            default:
                return false;
        }
    }

    private static object? Root(string name, in TemplateQuestion question) => name switch
    {
        "Name" => question.Name,
        "Zone" => question.Zone,
        "Type" => Mnemonics.TypeName(question.Qtype),
        "Class" => Mnemonics.ClassName(question.Qclass),
        "Regex" => question.Pattern.Source,
        "Match" => question.Groups(),
        "Group" => question.GroupMap(),
        "Message" => TemplateData.Message,
        "Question" => TemplateData.Question,
        "Remote" => question.Remote,
        _ => null,
    };

    private static object? Message(string name, in TemplateQuestion question) => name switch
    {
        "MsgHdr" => TemplateData.Message,
        "Question" => (object?[])[TemplateData.Question],
        "Answer" or "Ns" => (object?[])[],
        "Id" => (Int128)question.Id,
        "Opcode" => (Int128)(int)DnsHeader.Opcode(question.Flags),
        "Rcode" => (Int128)(question.Flags & DnsHeader.RcodeMask),
        "Response" => (question.Flags & DnsHeader.QR) != 0,
        "Authoritative" => (question.Flags & DnsHeader.AA) != 0,
        "Truncated" => (question.Flags & DnsHeader.TC) != 0,
        "RecursionDesired" => (question.Flags & DnsHeader.RD) != 0,
        "RecursionAvailable" => (question.Flags & DnsHeader.RA) != 0,
        "AuthenticatedData" => (question.Flags & DnsHeader.AD) != 0,
        "CheckingDisabled" => (question.Flags & DnsHeader.CD) != 0,
        _ => null,
    };
}
