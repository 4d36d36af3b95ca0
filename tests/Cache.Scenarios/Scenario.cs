using System.Globalization;
using System.Net;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Scenarios;

/// <summary>Runs one script against the whole cache.</summary>
internal sealed class Scenario : IDisposable
{
    /// <summary>How long, in real time, to wait for what must happen; reached only by a failing test.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly FakeUpstream[] _upstreams = [new(), new(), new()];
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<(DnsMessage Query, PendingReply Reply)> _asked = new();
    private CacheUnderTest? _cache;
    private ushort _nextId = 1;

    private Scenario(string path) => _path = path;

    public static async Task Run(string path)
    {
        using var scenario = new Scenario(path);
        foreach (var step in Script.Read(path))
        {
            await scenario.Run(step);
        }
    }

    public void Dispose()
    {
        _release.TrySetResult();
        foreach (var (_, reply) in _asked)
        {
            reply.Dispose();
        }
        _cache?.Dispose();
        foreach (var upstream in _upstreams)
        {
            upstream.Dispose();
        }
    }

    private CacheUnderTest Cache => _cache ?? throw new FormatException($"{_path}: no corefile step yet");

    private Task Run(Step step) => step.Words switch
    {
        ["corefile", .. var arguments] => Start(step, arguments),
        ["reload"] => Cache.Reload(Fill(step.Block)),
        ["kube-dns", var key] => Cache.SetKubeDns(key, Fill(step.Block)),
        ["upstream", "saw", ..] => Saw(_upstreams[0], step, overTcp: null),
        ["upstream", "saw-tcp", ..] => Saw(_upstreams[0], step, overTcp: true),
        ["upstream2", "saw", ..] => Saw(_upstreams[1], step, overTcp: null),
        ["upstream", ..] => Tell(_upstreams[0], step),
        ["upstream2", ..] => Tell(_upstreams[1], step),
        ["upstream3", ..] => Tell(_upstreams[2], step),
        ["ask", ..] => Ask(step),
        ["send", var hex] => Send(Convert.FromHexString(hex), overTcp: false, new DnsMessage()),
        ["expect", "silence"] => ExpectSilence(step),
        ["expect", ..] => Expect(step),
        ["time", var amount] => Cache.Advance(Duration(amount)),
        ["release"] => Release(),
        ["metric", ..] => Metric(step),
        _ => throw new FormatException($"{_path}:{step.Line}: unknown step '{string.Join(' ', step.Words)}'"),
    };

    private async Task Start(Step step, string[] arguments)
    {
        _cache?.Dispose();
        _cache = await CacheUnderTest.Start(Fill(step.Block), arguments);
    }

    private string Fill(string[] block) => string.Join('\n', block)
        .Replace("{upstream}", _upstreams[0].EndPoint.ToString(), StringComparison.Ordinal)
        .Replace("{upstream2}", _upstreams[1].EndPoint.ToString(), StringComparison.Ordinal)
        .Replace("{upstream3}", _upstreams[2].EndPoint.ToString(), StringComparison.Ordinal)
        .Replace("{dead}", "127.0.0.1:1", StringComparison.Ordinal) + "\n";

    private Task Release()
    {
        _release.TrySetResult();
        return Task.CompletedTask;
    }

    private Task Tell(FakeUpstream upstream, Step step)
    {
        var answer = new FakeAnswer();
        foreach (var line in step.Block)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var rest = string.Join(' ', words[1..]);
            switch (words[0])
            {
                case "rcode": answer.Rcode = DnsTypes.RcodeOf(rest); break;
                case "aa": answer.Aa = true; break;
                case "ad": answer.Ad = true; break;
                case "answer": answer.Answer.Add(DnsRecord.Parse(rest)); break;
                case "authority": answer.Authority.Add(DnsRecord.Parse(rest)); break;
                case "additional": answer.Additional.Add(DnsRecord.Parse(rest)); break;
                case "silent": answer.Silent = true; break;
                case "close": answer.Close = true; break;
                case "hold": answer.Hold = _release.Task; break;
                case "tc": answer.TruncateUdp = true; break;
                case "rcode-on-edns": answer.RcodeOnEdns = DnsTypes.RcodeOf(rest); break;
                case "silent-on-edns": answer.SilentOnEdns = true; break;
                case "no-edns": answer.EchoEdns = false; break;
                case "mangle": answer.Mangle = octets => Mangled(rest, octets); break;
                case "spoof": answer.Before = query => [Spoof(rest, query)]; break;
                default: throw new FormatException($"{_path}:{step.Line}: unknown upstream line '{line}'");
            }
        }
        if (step.Words[1] == "*")
        {
            upstream.Otherwise = _ => answer;
        }
        else
        {
            upstream.On(step.Words[1], step.Words[2], answer);
        }
        return Task.CompletedTask;
    }

    /// <summary>An answer nobody should believe: 192.0.2.66 for the question, wrong in the named way.</summary>
    private static byte[] Spoof(string how, byte[] query)
    {
        var asked = DnsMessage.Parse(query);
        var forged = DnsMessage.ReplyTo(asked);
        switch (how)
        {
            case "id":
                forged.Id = (ushort)(asked.Id + 1);
                break;
            case "question":
                forged.Question = asked.Question! with { Name = "other." + asked.Question.Name };
                break;
            case "garbage":
                return [.. query.AsSpan(0, 2), 0xFF, 0xFF, 0xFF];
            default:
                throw new FormatException($"unknown spoof {how}");
        }
        forged.Answer.Add(DnsRecord.Parse($"{forged.Question!.Name} 600 IN A 192.0.2.66"));
        return forged.ToBytes();
    }

    private static byte[] Mangled(string how, byte[] octets) => how switch
    {
        "cut" => octets[..^3],
        "trailing" => [.. octets, 0, 0, 0],
        "counts" => [.. octets[..6], 0xFF, 0xFF, .. octets[8..]],
        "pointer-loop" => [.. octets[..12], 0xC0, 12, .. octets[14..]],
        "query" => [.. octets[..2], (byte)(octets[2] & 0x7F), .. octets[3..]],
        _ => throw new FormatException($"unknown mangling {how}"),
    };

    private Task Ask(Step step)
    {
        var (query, overTcp, from) = Question.Read(step.Words);
        query.Id = _nextId++;
        return Send(query.ToBytes(), overTcp, query, from);
    }

    private async Task Send(byte[] octets, bool overTcp, DnsMessage query, IPAddress? from = null) =>
        _asked.Enqueue((query, await PendingReply.Send(Cache.EndPoint, octets, overTcp, from)));

    private async Task Expect(Step step)
    {
        var (query, pending) = _asked.Dequeue();
        using var _ = pending;
        var octets = await pending.Receive(s_patience);
        Assert.True(octets is not null, $"{Where(step)}: no reply to {query.Question}");
        var reply = DnsMessage.Parse(octets);
        if (query.Question is not null || step.Block.Length > 0)
        {
            var mismatch = new Expectation(step).Mismatch(query, reply);
            Assert.True(mismatch is null, $"{Where(step)}: {mismatch}\n\nthe reply:\n{reply}");
        }
        else
        {
            Assert.True(reply.RcodeText == step.Words[1], $"{Where(step)}: rcode {reply.RcodeText}\n{reply}");
        }
    }

    /// <summary>Silence is shown by order: a later question on the same socket, which is answered, comes back alone.</summary>
    private async Task ExpectSilence(Step step)
    {
        var (query, pending) = _asked.Dequeue();
        using var _ = pending;
        var marker = new DnsMessage { Id = 0xFFFF, Opcode = 5 };
        await pending.SendMore(marker.ToBytes());
        var octets = await pending.Receive(s_patience);
        Assert.True(octets is not null, $"{Where(step)}: not even the marker was answered");
        Assert.True(octets[0] == 0xFF && octets[1] == 0xFF,
            $"{Where(step)}: {query.Question} was answered:\n{(octets.Length >= 12 ? DnsMessage.Parse(octets) : null)}");
    }

    private async Task Saw(FakeUpstream upstream, Step step, bool? overTcp)
    {
        var words = step.Words;
        var expected = int.Parse(words[2], CultureInfo.InvariantCulture);
        await Eventually(step, expected, "queries upstream", count => count == expected, () => upstream.Queries.Count(seen =>
            (overTcp is null || seen.OverTcp == overTcp)
            && (words.Length < 5 || (seen.Query.Question!.Type == DnsTypes.TypeOf(words[4])
                && seen.Query.Question.Name.Equals(words[3], StringComparison.OrdinalIgnoreCase)))));
    }

    private async Task Metric(Step step)
    {
        var selector = string.Join(' ', step.Words[1..^2]);
        var expected = double.Parse(step.Words[^1], CultureInfo.InvariantCulture);
        Func<double, bool> holds = step.Words[^2] switch
        {
            "=" => value => value == expected,
            ">=" => value => value >= expected,
            "<=" => value => value <= expected,
            _ => throw new FormatException($"{Where(step)}: expected =, >= or <= before the number"),
        };
        await Eventually(step, expected, selector, holds, () => Metrics.Sum(Cache.Scrape(), selector));
    }

    /// <summary>Work that a reply does not wait for (a prefetch, a counter) gets real time to finish; then it must hold.</summary>
    private async Task Eventually(Step step, double expected, string what, Func<double, bool> holds, Func<double> read)
    {
        await Cache.Settle();
        var started = TimeProvider.System.GetTimestamp();
        var value = read();
        while (!holds(value) && TimeProvider.System.GetElapsedTime(started) < s_patience)
        {
            await Task.Delay(10);
            value = read();
        }
        Assert.True(holds(value), $"{Where(step)}: {what} is {value}, expected {expected}");
    }

    private string Where(Step step) => $"{Path.GetFileName(_path)}:{step.Line}";

    private static TimeSpan Duration(string amount) => amount switch
    {
        ['+', .. var number, 'm', 's'] => TimeSpan.FromMilliseconds(double.Parse(number, CultureInfo.InvariantCulture)),
        ['+', .. var number, 's'] => TimeSpan.FromSeconds(double.Parse(number, CultureInfo.InvariantCulture)),
        ['+', .. var number, 'm'] => TimeSpan.FromMinutes(double.Parse(number, CultureInfo.InvariantCulture)),
        ['+', .. var number, 'h'] => TimeSpan.FromHours(double.Parse(number, CultureInfo.InvariantCulture)),
        _ => throw new FormatException($"'{amount}' is no amount of time: +30s, +400ms, +5m, +1h"),
    };
}
