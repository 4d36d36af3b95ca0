using System.Globalization;
using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Scenarios;

/// <summary>An `expect` step: what a reply must be.</summary>
internal sealed class Expectation
{
    private readonly int _rcode;
    private readonly string? _flags;
    private readonly int? _ednsSize;
    private readonly byte[]? _ednsOptions;
    private readonly uint? _ttlAtMost;
    private readonly Dictionary<string, List<DnsRecord>> _sections = [];

    private const uint AnyTtl = uint.MaxValue;

    public Expectation(Step step)
    {
        _rcode = DnsTypes.RcodeOf(step.Words[1]);
        var rest = step.Words[2..];
        var edns = Array.IndexOf(rest, "edns");
        if (edns >= 0)
        {
            _ednsSize = int.Parse(rest[edns + 1], CultureInfo.InvariantCulture);
            rest = [.. rest[..edns], .. rest[(edns + 2)..]];
        }
        if (rest is ["flags", ..])
        {
            _flags = string.Join(' ', rest[1..]);
        }
        foreach (var line in step.Block)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["options", var hex]:
                    _ednsOptions = Convert.FromHexString(hex);
                    break;
                case ["no", var section]:
                    _sections[section] = [];
                    break;
                case ["ttl", "<=", var seconds]:
                    _ttlAtMost = uint.Parse(seconds, CultureInfo.InvariantCulture);
                    break;
                case [var section, var owner, "*", .. var record]:
                    Section(section).Add(DnsRecord.Parse($"{owner} {AnyTtl} {string.Join(' ', record)}"));
                    break;
                case [var section, .. var record]:
                    Section(section).Add(DnsRecord.Parse(string.Join(' ', record)));
                    break;
            }
        }
    }

    /// <summary>Why the reply is not what was expected, or null.</summary>
    public string? Mismatch(DnsMessage query, DnsMessage reply)
    {
        if (reply.Rcode != _rcode)
        {
            return $"rcode {reply.RcodeText}, expected {DnsTypes.RcodeText(_rcode)}";
        }
        // A header alone is a reply too, where the rest of the query was not read (RFC 1035 section 4.1.1).
        var echoed = reply.Question ?? (reply.RcodeText is "NOTIMP" or "FORMERR" ? query.Question : null);
        if (reply.Id != query.Id || echoed != query.Question)
        {
            return $"id {reply.Id} and question {reply.Question}, asked id {query.Id} and {query.Question}";
        }
        if (_flags is not null && reply.FlagsText != _flags)
        {
            return $"flags {reply.FlagsText}, expected {_flags}";
        }
        if (_ednsSize is { } size && reply.Edns?.UdpSize != size)
        {
            return $"EDNS size {reply.Edns?.UdpSize.ToString() ?? "(no OPT)"}, expected {size}";
        }
        if (_ednsOptions is not null && !_ednsOptions.AsSpan().SequenceEqual(reply.Edns?.Options))
        {
            return $"EDNS options {Convert.ToHexString(reply.Edns?.Options ?? [])}, expected {Convert.ToHexString(_ednsOptions)}";
        }
        if ((reply.Edns is not null) != (query.Edns is not null))
        {
            return "an OPT record goes out exactly when one came in";
        }
        foreach (var (name, expected) in _sections)
        {
            var got = name switch
            {
                "answer" => reply.Answer,
                "authority" => reply.Authority,
                "additional" => reply.Additional,
                _ => throw new FormatException($"unknown section {name}"),
            };
            if (!SameRecords(expected, got))
            {
                return $"{name} section differs, expected:\n  {string.Join("\n  ", expected)}";
            }
        }
        var tooLong = reply.Answer.Concat(reply.Authority).FirstOrDefault(record => record.TtlSeconds > _ttlAtMost);
        return tooLong is null ? null : $"TTL of '{tooLong}' is above {_ttlAtMost}";
    }

    private List<DnsRecord> Section(string name) =>
        _sections.TryGetValue(name, out var section) ? section : _sections[name] = [];

    private static bool SameRecords(List<DnsRecord> expected, List<DnsRecord> got)
    {
        var left = new List<DnsRecord>(got);
        return expected.Count == got.Count && expected.TrueForAll(want =>
        {
            var found = left.FindIndex(have =>
                (want.TtlSeconds == AnyTtl ? have with { TtlSeconds = AnyTtl } : have) == want);
            if (found >= 0)
            {
                left.RemoveAt(found);
            }
            return found >= 0;
        });
    }
}
