using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
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
/// CoreDNS. A rule without records answers without allocating; records are made anew for each question.</remarks>
internal sealed class TemplatePlugin : IQueryPlugin
{
    private readonly (TemplateRule Rule, NameSet Zones, NameSet Fallthrough)[] _rules;
    private readonly ConcurrentDictionary<(IPEndPoint Server, string Zone, ushort Class, ushort Type), int> _matches = new();
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
        Span<char> text = stackalloc char[DnsName.MaxTextLength];
        var name = text[..0];
        foreach ((var rule, var zones, var fallthrough) in _rules)
        {
            if (!Fits(rule.Qclass, (ushort)query.Class) || !Fits(rule.Qtype, (ushort)query.Type)
                || zones.Longest(query.Name) is not { } zone)
            {
                continue;
            }

            name = name.IsEmpty ? text[..DnsName.WriteText(query.Name, text)] : name;
            if (FirstMatch(rule, name) is { } pattern)
            {
                return Answer(rule, zone, pattern, name, query, ref reply);
            }

            if (!fallthrough.Contains(query.Name))
            {
                return Fail(ref reply);
            }
        }
        return PluginVerdict.Next;
    }

    private PluginVerdict Answer(TemplateRule rule, string zone, GoPattern pattern, scoped ReadOnlySpan<char> name,
        in PluginQuery query, ref ReplyWriter reply)
    {
        var qtype = query.Type == Qtype.ANY ? rule.Qtype : (ushort)query.Type;
        var qclass = query.Class == Qclass.Any ? rule.Qclass : (ushort)query.Class;
        CountMatch(query.Server, zone, qclass, qtype);
        if (rule.Rcode == (ushort)Rcode.ServFail)
        {
            return Fail(ref reply);
        }

        reply.SetAuthoritative();
        reply.SetRcode((Rcode)rule.Rcode);
        if (rule.HasRecords)
        {
            var text = name.ToString();
            var question = new TemplateQuestion(
                text,
                zone,
                qtype,
                qclass,
                pattern,
                pattern.Regex.Match(text),
                DnsName.ToText(query.NameAsSent),
                new IPAddress(query.ClientAddress).ToString(),
                DnsHeader.Id(query.Message),
                DnsHeader.Flags(query.Message))
            {
                AskedQtype = (ushort)query.Type,
                AskedQclass = (ushort)query.Class,
            };
            if (!Add(rule.Answer, Section.Answer, query, question, ref reply)
                || !Add(rule.Authority, Section.Authority, query, question, ref reply)
                || !Add(rule.Additional, Section.Additional, query, question, ref reply))
            {
                return Fail(ref reply);
            }
        }

        if (rule.ExtendedError is { } error)
        {
            ExtendedErrorOption.Write(ref reply, error.Code, error.Text);
        }

        return PluginVerdict.Answered;
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

    private static GoPattern? FirstMatch(TemplateRule rule, ReadOnlySpan<char> name)
    {
        foreach (var pattern in rule.Match)
        {
            if (pattern.IsMatch(name))
            {
                return pattern;
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
                CountFailure(
                    MetricNames.TemplateFailures, MetricNames.TemplateFailuresHelp, query, question, section, template);
                return false;
            }
            if (RecordText.Parse(line, out var problem) is not { } record)
            {
                _log.TemplateFailed(question.Name, $"\"{line}\": {problem}");
                CountFailure(
                    MetricNames.TemplateRrFailures, MetricNames.TemplateRrFailuresHelp, query, question, section,
                    template);
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

    private void CountMatch(IPEndPoint server, string zone, ushort qclass, ushort qtype)
    {
        if (!_matches.TryGetValue((server, zone, qclass, qtype), out var slot))
        {
            slot = _matches[(server, zone, qclass, qtype)] = _registry.Counter(
                MetricNames.TemplateMatches, MetricNames.TemplateMatchesHelp, Labels(server, zone, qclass, qtype));
        }

        _registry.Increment(slot);
    }

    private void CountFailure(string metric, string help, in PluginQuery query, in TemplateQuestion question,
        Section section, TemplateText template) => _registry.Increment(_registry.Counter(metric, help,
        [
            .. Labels(query.Server, question.Zone, question.Qclass, question.Qtype),
            ("section", section switch
            {
                Section.Answer => "answer",
                Section.Authority => "authority",
                _ => "additional",
            }),
            ("template", template.Source),
        ]));

    private static (string, string)[] Labels(IPEndPoint server, string zone, ushort qclass, ushort qtype) =>
    [
        ("server", $"dns://{server}"), ("zone", zone), ("view", ""), ("class", Mnemonics.ClassName(qclass)),
        ("type", Mnemonics.TypeName(qtype)),
    ];
}
