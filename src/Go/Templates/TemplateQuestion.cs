using System.Globalization;
using System.Text.RegularExpressions;
using NodeDns.Dns.Records;

namespace NodeDns.Go.Templates;

/// <summary>What a template can use of a question.</summary>
/// <param name="Name">The qname in lower case, with the final dot.</param>
/// <param name="Zone">The longest of the rule's zones that the name is in.</param>
/// <param name="Qtype">The qtype; the rule's type if the question asks for ANY.</param>
/// <param name="Qclass">The class, chosen in the same way.</param>
/// <param name="Match">The match of <paramref name="Pattern"/> on the name.</param>
/// <param name="QuestionName">The qname in the client's spelling, with the final dot.</param>
/// <param name="Remote">The client's address.</param>
/// <param name="Flags">The flags of the question's header.</param>
public readonly record struct TemplateQuestion(
    string Name, string Zone, ushort Qtype, ushort Qclass, GoPattern Pattern, Match Match, string QuestionName,
    string Remote, ushort Id, ushort Flags)
{
    /// <summary>The type in the question, which may be ANY.</summary>
    public ushort AskedQtype { get; init; } = Qtype;

    public ushort AskedQclass { get; init; } = Qclass;

    /// <summary>.Question as text, in the format of dig.</summary>
    internal string QuestionText =>
        $";{QuestionName}\t{Mnemonics.ClassName(AskedQclass)}\t {Mnemonics.TypeName(AskedQtype)}";

    /// <summary>.Match: the whole match, followed by its groups.</summary>
    internal IReadOnlyList<string> Groups() => [.. Match.Groups.Values.Select(group => group.Value)];

    /// <summary>.Group: the groups by name and by number.</summary>
    internal IReadOnlyDictionary<string, string> GroupMap()
    {
        var groups = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var number = 0; number < Match.Groups.Count; number++)
        {
            groups[number.ToString(CultureInfo.InvariantCulture)] = Match.Groups[number].Value;
        }

        for (var number = 1; number < Match.Groups.Count; number++)
        {
            if (Pattern.GroupName(number) is { Length: > 0 } name)
            {
                groups[name] = Match.Groups[number].Value;
            }
        }

        return groups;
    }
}
