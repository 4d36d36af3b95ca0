using NodeDns.Dns.Records;
using NodeDns.Go;
using NodeDns.Go.Templates;

namespace NodeDns.Corefile.Directives;

/// <summary>template CLASS TYPE [ZONES...] { match, answer, authority, additional, rcode, ederror, fallthrough }</summary>
internal static class TemplateReader
{
    private const string Known = "match, answer, authority, additional, rcode, ederror, fallthrough";

    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        var args = scope.Head.Args;
        if (args.Length < 2 || !Mnemonics.TryClass(args[0].Text, out var qclass)
            || !Mnemonics.TryType(args[1].Text, out var qtype))
        {
            scope.Error(scope.Head, "expected a class and a type, such as IN A or ANY ANY, then zones");
            return block;
        }

        var rule = new TemplateRule
        {
            At = scope.At,
            Qclass = qclass,
            Qtype = qtype,
            Zones = scope.ZonesOrBlock([.. args.Skip(2)]),
        };
        foreach (var line in scope.Body)
        {
            rule = Option(rule, scope, line);
        }

        if (rule.Match.IsEmpty)
        {
            rule = rule with { Match = [GoPattern.Anything] };
        }

        var template = block.Template ?? new TemplateConfig { At = scope.At };
        return block with { Template = template with { Rules = template.Rules.Add(rule) } };
    }

    private static TemplateRule Option(TemplateRule rule, DirectiveScope scope, OptionLine line)
    {
        switch (line.Name.Text)
        {
            case "match":
                scope.Count(line, 1, int.MaxValue, "expected at least one regular expression");
                var patterns = line.Args.Select(arg => scope.Pattern(line, arg.Text)).OfType<GoPattern>();
                return rule with { Match = [.. rule.Match, .. patterns] };
            case "answer":
                return rule with { Answer = [.. rule.Answer, .. Texts(scope, line)] };
            case "authority":
                return rule with { Authority = [.. rule.Authority, .. Texts(scope, line)] };
            case "additional":
                return rule with { Additional = [.. rule.Additional, .. Texts(scope, line)] };
            case "rcode":
                if (line.Args is [var name] && Mnemonics.TryRcode(name.Text, out var rcode))
                {
                    return rule with { Rcode = rcode };
                }

                scope.Error(line, "expected one rcode such as NXDOMAIN");
                return rule;
            case "ederror":
                if (line.Args.Length is 1 or 2 && ushort.TryParse(line.Args[0].Text, out var code))
                {
                    return rule with { ExtendedError = new(code, line.Args.Length == 2 ? line.Args[1].Text : "") };
                }

                scope.Error(line, "expected a code, 0 to 65535, and maybe a text");
                return rule;
            case "fallthrough":
                return rule with { Fallthrough = scope.Fallthrough(line) };
            case "upstream":
                // A former option of CoreDNS, which ignores it too.
                return rule;
            case "var" or "expr":
                scope.Error(line, "expected no expressions: use match with groups, and {{ if }} in the answer");
                return rule;
            default:
                scope.UnknownOption(line, Known);
                return rule;
        }
    }

    private static IEnumerable<TemplateText> Texts(DirectiveScope scope, OptionLine line)
    {
        scope.Count(line, 1, int.MaxValue, "expected at least one record");
        foreach (var arg in line.Args)
        {
            if (!TemplateParser.TryParse(arg.Text, out var text, out var reason, line.Name.Text))
            {
                scope.Error(arg, reason);
                continue;
            }

            if (text.Warning is { } warning)
            {
                scope.Warn(arg, $"makes no record: {warning}");
            }

            yield return text;
        }
    }
}
