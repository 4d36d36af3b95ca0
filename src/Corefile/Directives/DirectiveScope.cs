using System.Collections.Immutable;
using System.Globalization;
using NodeDns.Addresses;
using NodeDns.Go;

namespace NodeDns.Corefile.Directives;

/// <summary>What the reader of a directive needs, and the checks that readers share.</summary>
/// <remarks>Each check reports its own error and returns a fallback value, so that reading can go on.</remarks>
internal sealed class DirectiveScope(
    DirectiveNode node, ImmutableArray<string> blockZones, CorefileOptions options, ProblemList problems,
    FileTrail files)
{
    public OptionLine Head => node.Head;
    public ImmutableArray<OptionLine> Body => node.Body;
    public SourceLine At => node.At;
    public CorefileOptions Options => options;
    public FileTrail Files => files;

    /// <summary>The zones of the block, normalized.</summary>
    public ImmutableArray<string> BlockZones => blockZones;

    public void Error(OptionLine line, string expected) =>
        problems.Error(line.At, node.Name, ReferenceEquals(line, Head) ? line.ArgsText : line.Text, expected);

    public void Error(Token token, string expected) => problems.Error(token.At, node.Name, token.Text, expected);

    public void Warn(OptionLine line, string text) =>
        problems.Warn(line.At, node.Name, ReferenceEquals(line, Head) ? line.ArgsText : line.Text, text);

    public void Warn(Token token, string text) => problems.Warn(token.At, node.Name, token.Text, text);

    /// <summary>For a directive that may occur once in a block. Returns true for the first one, and reports an error
    /// for others.</summary>
    public bool Once(DirectiveConfig? before)
    {
        if (before is not null)
        {
            problems.Error(At, node.Name, Head.ArgsText, $"expected once in a block, and it is at {before.At} already");
        }

        return before is null;
    }

    /// <summary>For a directive of which CoreDNS silently uses the first line. Returns true for the first one, and
    /// warns about others.</summary>
    public bool First(DirectiveConfig? before)
    {
        if (before is not null)
        {
            problems.Warn(At, node.Name, Head.ArgsText, $"has no effect: the one at {before.At} holds");
        }

        return before is null;
    }

    public void UnknownOption(OptionLine line, string known) => Error(line, $"expected one of {known}");

    public void NoBody()
    {
        if (!Body.IsEmpty)
        {
            Error(Body[0], "expected no options in braces");
        }
    }

    /// <summary>For a directive whose options CoreDNS ignores.</summary>
    public void IgnoredBody()
    {
        if (!Body.IsEmpty)
        {
            Warn(Body[0], "has no effect: this directive has no options");
        }
    }

    /// <summary>For an option of which CoreDNS ignores further words.</summary>
    public bool AtLeast(OptionLine line, int count, string expected)
    {
        if (line.Args.Length > count)
        {
            Warn(line, $"what follows has no effect: {expected}");
        }

        return line.Args.Length > count || Count(line, count, count, expected);
    }

    public bool NoArgs(OptionLine line) => Count(line, 0, 0, "expected nothing after it");

    public bool Count(OptionLine line, int minimum, int maximum, string expected)
    {
        if (line.Args.Length >= minimum && line.Args.Length <= maximum)
        {
            return true;
        }

        Error(line, expected);
        return false;
    }

    /// <summary>Go's integers have more bits than ours. Without an explicit maximum, a number that is too large becomes
    /// the largest possible one.</summary>
    public int Number(OptionLine line, int index, int fallback, string what, int minimum, int maximum = int.MaxValue)
    {
        if (long.TryParse(line.Args[index].Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n)
            && n >= minimum && (n <= maximum || maximum == int.MaxValue))
        {
            return (int)Math.Clamp(n, int.MinValue, int.MaxValue);
        }

        Error(line, (minimum, maximum) switch
        {
            (int.MinValue, int.MaxValue) => $"expected {what}",
            (_, int.MaxValue) => $"expected {what}, {minimum} or more",
            _ => $"expected {what}, {minimum} to {maximum}",
        });
        return fallback;
    }

    /// <summary>The limits are inclusive; null for no upper limit.</summary>
    public TimeSpan Duration(
        OptionLine line, int index, TimeSpan fallback, string what, TimeSpan minimum, TimeSpan? maximum = null)
    {
        if (GoDuration.TryParse(line.Args[index].Text, out var value) && value >= minimum
            && (maximum is null || value <= maximum))
        {
            return value;
        }

        var low = GoDuration.Format(minimum);
        Error(line, maximum is { } high
            ? $"expected {what} as a duration, {low} to {GoDuration.Format(high)}"
            : $"expected {what} as a duration such as 500ms, 10s or 1h, {low} or more");
        return fallback;
    }

    public ListenAddress Listen(OptionLine line, int index, ListenAddress fallback)
    {
        if (ListenAddress.TryParse(line.Args[index].Text, out var address))
        {
            return address;
        }

        Error(line, "expected host:port or :port, where host is an address or localhost");
        return fallback;
    }

    /// <summary>The zones in these arguments; a network may become several. Invalid ones are reported and left
    /// out.</summary>
    public ImmutableArray<string> Zones(IEnumerable<Token> args)
    {
        var zones = ImmutableArray.CreateBuilder<string>();
        foreach (var arg in args)
        {
            if (ZoneText.TryRead(arg.Text, out var read, out _, out var reason))
            {
                zones.AddRange(read.Where(zone => !zones.Contains(zone)));
            }
            else
            {
                Error(arg, reason);
            }
        }

        return zones.ToImmutable();
    }

    /// <summary>The zones in these arguments, or the block's zones when there are none.</summary>
    public ImmutableArray<string> ZonesOrBlock(IReadOnlyCollection<Token> args)
    {
        if (args.Count == 0)
        {
            return blockZones;
        }

        foreach (var arg in args)
        {
            WarnOfTime(arg);
        }

        return Zones(args);
    }

    /// <summary>Warns about zones that look like a time: "cache 30s" caches the zone 30s, which is hardly
    /// intended.</summary>
    public void WarnOfTime(Token zone)
    {
        // No top-level domain begins with a digit, so 1d, 30S and 30,60 are no zones either.
        var isWord = zone.Text.TrimEnd('.').AsSpan().IndexOfAny('.', ':', '/') < 0;
        if ((isWord && zone.Text is [>= '0' and <= '9', ..]) || GoDuration.TryParse(zone.Text, out _))
        {
            Warn(zone, "is read as a zone, and only the zones that are written are covered: expected a zone of this block, or a "
                + "TTL as a number of seconds before the zones");
        }
        else if (ZoneText.TryRead(zone.Text, out var names, out _, out _) && !names.Any(IsNearBlock))
        {
            Warn(zone, "no name of this block is in this zone: expected a zone within the block's, or above");
        }
    }

    private bool IsNearBlock(string zone) => blockZones.IsEmpty
        || blockZones.Any(block => DomainName.IsWithin(zone, block) || DomainName.IsWithin(block, zone));

    /// <summary>fallthrough [ZONES...]; without arguments it applies to all zones.</summary>
    public ImmutableArray<string> Fallthrough(OptionLine line) => line.Args.IsEmpty ? ["."] : Zones(line.Args);

    public GoPattern? Pattern(OptionLine line, string text)
    {
        if (GoPattern.TryParse(text, out var reason) is { } pattern)
        {
            return pattern;
        }

        Error(line, $"expected {reason}");
        return null;
    }
}
