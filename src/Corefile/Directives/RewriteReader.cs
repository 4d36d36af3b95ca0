using System.Globalization;
using NodeDns.Dns.Records;

namespace NodeDns.Corefile.Directives;

/// <summary>rewrite [continue|stop] name|type|class|ttl|cname|rcode|edns0 …; each line is one rule.</summary>
internal static class RewriteReader
{
    private const string Kinds = "expected name, type, class, ttl, cname, rcode or edns0, or before it continue or stop";

    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        // A rule may be written on several lines in braces. They are joined, and the line breaks have no meaning.
        var words = scope.Head.Args.Select(arg => arg.Text).ToList();
        if (words.Count < 2)
        {
            words.AddRange(scope.Body.SelectMany(line => line.Args.Prepend(line.Name)).Select(token => token.Text));
        }
        else
        {
            scope.NoBody();
        }

        var rewrite = block.Rewrite ?? new RewriteConfig { At = scope.At };
        return Rule(scope, words) is { } rule
            ? block with { Rewrite = rewrite with { Rules = rewrite.Rules.Add(rule) } }
            : block;
    }

    private static RewriteRule? Rule(DirectiveScope scope, List<string> words)
    {
        var mode = words.Count > 0 ? words[0].ToLowerInvariant() : "";
        var skip = mode is "continue" or "stop" ? 1 : 0;
        if (words.Count <= skip)
        {
            scope.Error(scope.Head, Kinds);
            return null;
        }

        string[] args = [.. words.Skip(skip + 1)];
        RewriteRule? rule;
        switch (words[skip].ToLowerInvariant())
        {
            case "name":
                rule = RewriteNameReader.Read(scope, args);
                break;
            case "type":
                rule = Type(scope, args);
                break;
            case "class":
                rule = Class(scope, args);
                break;
            case "ttl":
                rule = Ttl(scope, args);
                break;
            case "cname":
                rule = Cname(scope, args);
                break;
            case "rcode":
                rule = Rcode(scope, args);
                break;
            case "edns0":
                rule = RewriteEdns0Reader.Read(scope, args);
                break;
            case "answer":
                scope.Error(scope.Head, "expected answer rules after the name rule they belong to");
                return null;
            default:
                scope.Error(scope.Head, Kinds);
                return null;
        }

        return rule is null ? null : rule with { At = scope.At, Continue = mode == "continue" };
    }

    private static RewriteTypeRule? Type(DirectiveScope scope, string[] args)
    {
        if (args.Length == 2 && Mnemonics.TryType(args[0], out var from) && Mnemonics.TryType(args[1], out var to))
        {
            return new(from, to);
        }

        scope.Error(scope.Head, "expected type FROM TO, such as type AAAA A");
        return null;
    }

    private static RewriteClassRule? Class(DirectiveScope scope, string[] args)
    {
        if (args.Length == 2 && Mnemonics.TryClass(args[0], out var from) && Mnemonics.TryClass(args[1], out var to))
        {
            return new(from, to);
        }

        scope.Error(scope.Head, "expected class FROM TO, such as class CH IN");
        return null;
    }

    private static RewriteTtlRule? Ttl(DirectiveScope scope, string[] args)
    {
        if (args.Length is not (2 or 3) || !TryRange(args[^1], out var minimum, out var maximum))
        {
            scope.Error(scope.Head, "expected ttl [exact|prefix|suffix|substring|regex] NAME SECONDS, or a range MIN-MAX");
            return null;
        }

        return NamePart(scope, args[..^1]) is { } match ? new(match, minimum, maximum) : null;
    }

    /// <summary>Parses 30, 30-60, -60 or 30-.</summary>
    private static bool TryRange(string text, out uint minimum, out uint maximum)
    {
        minimum = 0;
        maximum = RewriteTtlRule.MaxTtlSecondsOpen;
        var dash = text.IndexOf('-');
        if (dash < 0)
        {
            return TrySeconds(text, out minimum) && TrySeconds(text, out maximum);
        }

        var (low, high) = (text[..dash], text[(dash + 1)..]);
        return (low.Length > 0 || high.Length > 0)
            && (low.Length == 0 || TrySeconds(low, out minimum))
            && (high.Length == 0 || TrySeconds(high, out maximum))
            && minimum <= maximum;
    }

    private static bool TrySeconds(string text, out uint seconds) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds);

    private static RewriteCnameRule? Cname(DirectiveScope scope, string[] args)
    {
        if (args.Length is not (2 or 3))
        {
            scope.Error(scope.Head, "expected cname [exact|prefix|suffix|substring|regex] FROM TO");
            return null;
        }

        args = [.. args.Select(arg => arg.ToLowerInvariant())];
        return NameMatchReader.Read(scope, args.Length == 3 ? args[0] : "exact", args[^2], complete: false) is { } match
            ? new(match, args[^1])
            : null;
    }

    private static RewriteRcodeRule? Rcode(DirectiveScope scope, string[] args)
    {
        if (args.Length is not (3 or 4) || !TryRcode(args[^2], out var from) || !TryRcode(args[^1], out var to))
        {
            scope.Error(scope.Head, "expected rcode [exact|prefix|suffix|substring|regex] NAME FROM TO, such as "
                + "rcode example.org SERVFAIL NXDOMAIN");
            return null;
        }

        return NamePart(scope, args[..^2]) is { } match ? new(match, from, to) : null;
    }

    private static bool TryRcode(string text, out ushort rcode) =>
        (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out rcode) && rcode <= 23)
        || Mnemonics.TryRcode(text, out rcode);

    private static NameMatch? NamePart(DirectiveScope scope, string[] args) =>
        NameMatchReader.Read(scope, args.Length == 2 ? args[0] : "exact", args[^1], complete: true);
}
