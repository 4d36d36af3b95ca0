using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using NodeDns.Cache.Corefile;
using NodeDns.Cache.Query;
using NodeDns.Cache.Telemetry;
using NodeDns.Cache.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>template: answers written as zone-file lines with parts of the question in them.</summary>
/// <remarks>The first rule whose zone, class, type and a pattern match answers. A rule whose zone, class and type match
/// but no pattern does ends the search with SERVFAIL unless it says fallthrough, as in CoreDNS.</remarks>
public sealed class TemplatePlugin : IQueryPlugin
{
    private readonly (TemplateRule Rule, NameSet Zones, NameSet Fallthrough)[] _rules;
    private readonly MetricRegistry _registry;
    private readonly ILogger _log;

    /// <summary>What a template can mention of one question.</summary>
    private sealed record Values(string Name, string Zone, string Type, string Class, Match Match, string QuestionName,
        string Remote, ushort MessageId);

    public TemplatePlugin(TemplateConfig config, MetricRegistry registry, ILogger log)
    {
        _rules = [.. config.Rules.Select(rule => (rule, new NameSet(rule.Zones), new NameSet(rule.Fallthrough)))];
        _registry = registry;
        _log = log;
    }

    public string Name => "template";

    public PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply)
    {
        string? name = null;
        foreach ((TemplateRule rule, NameSet zones, NameSet fallthrough) in _rules)
        {
            if (!Fits(rule.Qclass, (ushort)query.Class) || !Fits(rule.Qtype, (ushort)query.Type)
                || zones.Longest(query.Name) is not { } zone)
                continue;
            name ??= DnsName.ToText(query.Name);
            if (FirstMatch(rule, name) is not { } match)
            {
                if (fallthrough.Contains(query.Name))
                    continue;
                return Fail(ref reply);
            }

            Values values = ValuesOf(query, rule, name, zone, match);
            Count(MetricNames.TemplateMatches, MetricNames.TemplateMatchesHelp, query, values);
            if (rule.Rcode == (ushort)Rcode.ServFail)
                return Fail(ref reply);
            reply.SetAuthoritative();
            reply.SetRcode((Rcode)rule.Rcode);
            if (Add(rule.Answer, Section.Answer, query, values, ref reply)
                && Add(rule.Authority, Section.Authority, query, values, ref reply)
                && Add(rule.Additional, Section.Additional, query, values, ref reply))
                return PluginVerdict.Answered;
            return Fail(ref reply);
        }
        return PluginVerdict.Next;
    }

    /// <summary>Class and type: 255 on either side fits all.</summary>
    private static bool Fits(ushort rule, ushort asked) =>
        rule == TemplateRule.Any || asked == TemplateRule.Any || rule == asked;

    private static PluginVerdict Fail(ref ReplyWriter reply)
    {
        reply.Clear();
        reply.SetRcode(Rcode.ServFail);
        return PluginVerdict.Answered;
    }

    private Match? FirstMatch(TemplateRule rule, string name)
    {
        foreach (Regex pattern in rule.Match)
        {
            try
            {
                if (pattern.Match(name) is { Success: true } match)
                    return match;
            }
            catch (RegexMatchTimeoutException)
            {
                _log.TemplateFailed(name, $"{pattern} took longer than {pattern.MatchTimeout}");
                return null;
            }
        }
        return null;
    }

    private static Values ValuesOf(in PluginQuery query, TemplateRule rule, string name, string zone, Match match) => new(
        name,
        zone,
        TypeText(query.Type == Qtype.ANY ? (Qtype)rule.Qtype : query.Type),
        ClassText(query.Class == Qclass.Any ? (Qclass)rule.Qclass : query.Class),
        match,
        DnsName.ToText(query.NameAsSent),
        new IPAddress(query.ClientAddress).ToString(),
        DnsHeader.Id(query.Message));

    private bool Add(
        ImmutableArray<TemplateText> templates, Section section, in PluginQuery query, Values values, ref ReplyWriter reply)
    {
        foreach (TemplateText template in templates)
        {
            string line = Expand(template, values);
            if (RecordText.Parse(line, out string problem) is not { } record)
            {
                _log.TemplateFailed(values.Name, $"\"{line}\": {problem}");
                Count(
                    MetricNames.TemplateRrFailures,
                    MetricNames.TemplateRrFailuresHelp,
                    query,
                    values,
                    ("section", section == Section.Answer ? "answer" : section == Section.Authority ? "authority" : "additional"),
                    ("template", template.Source));
                return false;
            }
            // The usual owner is the question's own name: then a pointer keeps its case and saves its octets.
            ReadOnlySpan<byte> owner = DnsName.EqualsIgnoreCase(record.Owner, query.Name)
                ? [ReplyWriter.PointerToQname >> 8, ReplyWriter.PointerToQname & 0xFF]
                : record.Owner;
            if (!reply.TryAdd(section, owner, record.Type, record.Class, record.TtlSeconds, record.Rdata))
                return false;
        }
        return true;
    }

    private static string Expand(TemplateText template, Values values)
    {
        var text = new StringBuilder();
        foreach (TemplatePart part in template.Parts)
        {
            text.Append(part.Value switch
            {
                TemplateValue.Name => values.Name,
                TemplateValue.Zone => values.Zone,
                TemplateValue.Type => values.Type,
                TemplateValue.Class => values.Class,
                TemplateValue.Match => values.Match.Groups[part.Index].Value,
                TemplateValue.Group => values.Match.Groups[part.Text].Value,
                TemplateValue.QuestionName => values.QuestionName,
                TemplateValue.Remote => values.Remote,
                TemplateValue.MessageId => values.MessageId.ToString(CultureInfo.InvariantCulture),
                _ => part.Text,
            });
        }
        return text.ToString();
    }

    private void Count(
        string metric, string help, in PluginQuery query, Values values, params ReadOnlySpan<(string, string)> more) =>
        _registry.Increment(_registry.Counter(
            metric,
            help,
            [
                ("server", $"dns://{query.Server}"), ("zone", values.Zone), ("view", ""), ("class", values.Class),
                ("type", values.Type), .. more,
            ]));

    private static string TypeText(Qtype type) => Enum.IsDefined(type) ? type.ToString() : $"TYPE{(ushort)type}";

    private static string ClassText(Qclass @class) =>
        @class == Qclass.Any ? "ANY" : Enum.IsDefined(@class) ? @class.ToString() : $"CLASS{(ushort)@class}";
}
