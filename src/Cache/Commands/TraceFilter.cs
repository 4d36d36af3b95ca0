using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using NodeDns.Dns.Records;
using NodeDns.Go;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Commands;

/// <summary>The flags of <c>trace</c> that select lookups. They are sent to the tap as a <see cref="TapFilter"/>
/// line.</summary>
internal static class TraceFilter
{
    private static readonly Option<string?> s_client = Flag(
        "--client", "A[,NET]", "Of these clients, such as 10.0.3.7 or 10.0.3.0/24.");

    private static readonly Option<string?> s_name = Flag(
        "--name", "PATTERN", "For these names; * and ? as in a shell: *.example.com.");

    private static readonly Option<string?> s_type = Flag("--type", "TYPE", "Of this type, such as AAAA.");

    private static readonly Option<string?> s_rcode = Flag("--rcode", "RCODE", "With this rcode, such as NXDOMAIN.");

    private static readonly Option<string?> s_slower = Flag(
        "--slower", "DURATION", "Answered after longer than this, such as 5ms.");

    private static readonly Option<string?> s_from = Flag(
        "--from", "SOURCE[,SOURCE]", "Answered from: hit, denied, stale, upstream, rule, server, cut, relay.");

    private static readonly Option<int?> s_sample = new("--sample")
    {
        Description = "One in so many of those.",
        HelpName = "N",
    };

    public static IReadOnlyList<Option> Options { get; } = [s_client, s_name, s_type, s_rcode, s_slower, s_from, s_sample];

    /// <summary>The words of the filter, from the flags that were given.</summary>
    public static string Line(ParseResult result) => string.Join(' ', Words(result));

    private static IEnumerable<string> Words(ParseResult result)
    {
        foreach (var option in new[] { s_client, s_name, s_type, s_rcode, s_slower, s_from })
        {
            if (result.GetValue(option) is { } value)
            {
                yield return Word(option.Name[2..], value);
            }
        }

        if (result.GetValue(s_sample) is { } sample)
        {
            yield return Word("sample", sample.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Converts the user's notation to the tap's: types and rcodes as numbers, durations in
    /// nanoseconds.</summary>
    private static string Word(string key, string value)
    {
        var text = key switch
        {
            "type" when Mnemonics.TryType(value, out var type) => Number(type),
            "rcode" when Mnemonics.TryRcode(value, out var rcode) => Number(rcode),
            "slower" when GoDuration.TryParse(value, out var duration) => Number(duration.Ticks * 100),
            _ => value,
        };
        return $"{key}={text}";

        static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
    }

    private static Option<string?> Flag(string name, string helpName, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = helpName };
        option.Validators.Add(result => Check(result, name));
        return option;
    }

    private static void Check(OptionResult result, string name)
    {
        var value = result.GetValueOrDefault<string?>() ?? "";
        if (value.Contains(' ', StringComparison.Ordinal))
        {
            result.AddError($"{name}: {value}: expected one word without a space");
            return;
        }

        if (TapFilter.Parse(Word(name[2..], value), out _) is null)
        {
            result.AddError($"{name}: {value}: expected {Expected(name)}");
        }
    }

    private static string Expected(string name) => name switch
    {
        "--client" => "addresses or networks, such as 10.0.3.7,10.0.4.0/24",
        "--name" => "a name or a pattern, such as *.example.com",
        "--type" => "a type, such as AAAA, or its number",
        "--rcode" => "an rcode, such as NXDOMAIN, or its number",
        "--slower" => "a duration, such as 5ms",
        _ => "some of hit, denied, stale, upstream, rule, server, cut, relay",
    };
}
