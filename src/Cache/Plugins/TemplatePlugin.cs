using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using NodeDns.Corefile;
using NodeDns.Dns.Records;
using NodeDns.Dns.Wire;
using NodeDns.Go;
using NodeDns.Go.Templates;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>template: answers that are written as zone-file lines and may contain parts of the question.</summary>
/// <remarks>The first rule answers whose zone, class, type and pattern match. If zone, class and type of a rule match
/// but none of its patterns, the query gets SERVFAIL, unless the rule says fallthrough. This is as in
/// CoreDNS.</remarks>
internal sealed class TemplatePlugin : IQueryPlugin
{
    private readonly (TemplateRule Rule, NameSet Zones, NameSet Fallthrough)[] _rules;
    private readonly MetricRegistry _registry;
    private readonly ILogger _log;

    public TemplatePlugin(TemplateConfig config, MetricRegistry registry, ILogger log)
    {
        _rules = [.. config.Rules.Select(rule => (rule, new NameSet(rule.Zones), new NameSet(rule.Fallthrough)))];
        _registry = registry;
        _log = log;
    }

    public PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply)
    {
        string? name = null;
        foreach ((var rule, var zones, var fallthrough) in _rules)
        {
            if (!Fits(rule.Qclass, (ushort)query.Class) || !Fits(rule.Qtype, (ushort)query.Type)
                || zones.Longest(query.Name) is not { } zone)
            {
                continue;
            }

            name ??= DnsName.ToText(query.Name);
            if (FirstMatch(rule, name) is not { } match)
            {
                if (fallthrough.Contains(query.Name))
                {
                    continue;
                }

                return Fail(ref reply);
            }

            var question = new TemplateQuestion(
                name,
                zone,
                query.Type == Qtype.ANY ? rule.Qtype : (ushort)query.Type,
                query.Class == Qclass.Any ? rule.Qclass : (ushort)query.Class,
                match.Pattern,
                match.Match,
                DnsName.ToText(query.NameAsSent),
                new IPAddress(query.ClientAddress).ToString(),
                DnsHeader.Id(query.Message),
                DnsHeader.Flags(query.Message))
            {
                AskedQtype = (ushort)query.Type,
                AskedQclass = (ushort)query.Class,
            };
            Count(MetricNames.TemplateMatches, MetricNames.TemplateMatchesHelp, query, question);
            if (rule.Rcode == (ushort)Rcode.ServFail)
            {
                return Fail(ref reply);
            }

            reply.SetAuthoritative();
            reply.SetRcode((Rcode)rule.Rcode);
            if (Add(rule.Answer, Section.Answer, query, question, ref reply)
                && Add(rule.Authority, Section.Authority, query, question, ref reply)
                && Add(rule.Additional, Section.Additional, query, question, ref reply))
            {
                if (rule.ExtendedError is { } error)
                {
                    ExtendedErrorOption.Write(ref reply, error.Code, error.Text);
                }

                return PluginVerdict.Answered;
            }
            return Fail(ref reply);
        }
        return PluginVerdict.Next;
    }

    /// <summary>Compares class or type. 255 on either side matches everything.</summary>
    private static bool Fits(ushort rule, ushort asked) =>
        rule == TemplateRule.Any || asked == TemplateRule.Any || rule == asked;

    private static PluginVerdict Fail(ref ReplyWriter reply)
    {
        reply.Clear();
        reply.SetRcode(Rcode.ServFail);
        return PluginVerdict.Answered;
    }

    private static (GoPattern Pattern, Match Match)? FirstMatch(TemplateRule rule, string name)
    {
        foreach (var pattern in rule.Match)
        {
            if (pattern.Regex.Match(name) is { Success: true } match)
            {
                return (pattern, match);
            }
        }
        return null;
    }

    private bool Add(
        ImmutableArray<TemplateText> templates,
        Section section,
        in PluginQuery query,
        in TemplateQuestion question,
        ref ReplyWriter reply)
    {
        foreach (var template in templates)
        {
            if (template.Render(question, out var missing) is not { } line)
            {
                _log.TemplateFailed(question.Name, $"{template.Source}: {missing}");
                Count(
                    MetricNames.TemplateFailures,
                    MetricNames.TemplateFailuresHelp,
                    query,
                    question,
                    In(section),
                    Of(template));
                return false;
            }
            if (RecordText.Parse(line, out var problem) is not { } record)
            {
                _log.TemplateFailed(question.Name, $"\"{line}\": {problem}");
                Count(
                    MetricNames.TemplateRrFailures,
                    MetricNames.TemplateRrFailuresHelp,
                    query,
                    question,
                    In(section),
                    Of(template));
                return false;
            }
            // The owner is usually the question's name. A pointer then preserves the spelling and saves octets.
            ReadOnlySpan<byte> owner = DnsName.EqualsIgnoreCase(record.Owner, query.Name)
                ? [ReplyWriter.PointerToQname >> 8, ReplyWriter.PointerToQname & 0xFF]
                : record.Owner;
            if (!reply.TryAdd(section, owner, record.Type, record.Class, record.TtlSeconds, record.Rdata))
            {
                return false;
            }
        }
        return true;
    }

    private static (string, string) In(Section section) => ("section", section switch
    {
        Section.Answer => "answer",
        Section.Authority => "authority",
        _ => "additional",
    });

    private static (string, string) Of(TemplateText template) => ("template", template.Source);

    private void Count(
        string metric,
        string help,
        in PluginQuery query,
        in TemplateQuestion question,
        params ReadOnlySpan<(string, string)> more) => _registry.Increment(_registry.Counter(
            metric,
            help,
            [
                ("server", $"dns://{query.Server}"), ("zone", question.Zone), ("view", ""),
                ("class", Mnemonics.ClassName(question.Qclass)), ("type", Mnemonics.TypeName(question.Qtype)), .. more,
            ]));
}
