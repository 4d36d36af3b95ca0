using System.Globalization;
using System.Text.RegularExpressions;
using NodeDns.Dns.Records;

namespace NodeDns.Go.Templates;

/// <summary>What a template knows of a question.</summary>
/// <param name="Name">Lower case, with the final dot.</param>
/// <param name="Zone">The longest zone of the rule that holds the name.</param>
/// <param name="Qtype">The rule's where the question says ANY.</param>
/// <param name="Qclass">Likewise.</param>
/// <param name="Match">Of <paramref name="Pattern"/> on the name.</param>
/// <param name="QuestionName">As asked, with the final dot.</param>
/// <param name="Remote">The client's address.</param>
/// <param name="Flags">Of the question's header.</param>
public readonly record struct TemplateQuestion(
    string Name, string Zone, ushort Qtype, ushort Qclass, GoPattern Pattern, Match Match, string QuestionName,
    string Remote, ushort Id, ushort Flags)
{
    /// <summary>As asked, ANY included.</summary>
    public ushort AskedQtype { get; init; } = Qtype;

    public ushort AskedQclass { get; init; } = Qclass;

    /// <summary>.Question as text, as dig shows it.</summary>
    internal string QuestionText =>
        $";{QuestionName}\t{Mnemonics.ClassName(AskedQclass)}\t {Mnemonics.TypeName(AskedQtype)}";

    /// <summary>.Match: the whole match, then its groups.</summary>
    internal IReadOnlyList<string> Groups() => [.. Match.Groups.Values.Select(group => group.Value)];

    /// <summary>.Group: groups by name and by number.</summary>
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
