using CsCheck;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Query;

/// <summary>Whatever clients and upstreams send, nothing throws, and whatever goes out can be read.</summary>
public class MutatedPacketTests
{
    private const string Corefile =
        ".:53 {\n cache 30 {\n serve_stale\n prefetch 1\n }\n loadbalance\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n"
        + "small.example:53 {\n minimal\n any\n local\n dns64 {\n allow_ipv4\n }\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n"
        + "re.example:53 {\n rewrite name suffix .re.example .example answer auto\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n";

    private static readonly Gen<byte[]> s_queries = Gen.Select(
        Gen.Int[0, 99].Select(i => Pick(i, "www.example.", "a.small.example.", "b.re.example.", ".")),
        Gen.Int[0, 99].Select(i => Pick(i, "A", "AAAA", "ANY", "MX", "SOA", "HTTPS")),
        Gen.Bool,
        (name, type, edns) =>
        {
            var query = DnsMessage.Query(name, type, 7);
            if (edns)
            {
                query.Edns = new DnsEdns(Do: true);
            }

            return query.ToBytes();
        });

    /// <summary>Octets set, a cut, or octets added.</summary>
    private static readonly Gen<Func<byte[], byte[]>> s_mutations = Gen.Select(
        Gen.Select(Gen.Int[0, 600], Gen.Byte).List[0, 6], Gen.Int[-1, 600], Gen.Byte.Array[0, 12],
        (changes, cut, tail) => new Func<byte[], byte[]>(octets =>
        {
            byte[] mutated = [.. octets];
            foreach ((var at, var value) in changes)
            {
                mutated[at % mutated.Length] = value;
            }

            return cut >= 0 && cut < mutated.Length ? mutated[..cut] : [.. mutated, .. tail];
        }));

    [Fact]
    public void Mutated_queries_get_a_well_formed_reply_or_none()
    {
        using var harness = new QueryHarness(Corefile);
        foreach (var (query, mutate, tcp) in Cases(Gen.Select(s_queries, s_mutations, Gen.Bool)))
        {
            var reply = harness.Workers[0].AskRaw(mutate(query), tcp, size: tcp ? 65_535 : 1280);
            Check(reply);
            while (harness.Workers[0].Upstreams.FirstOrDefault(upstream => upstream.Count > 0) is { } upstream)
            {
                upstream.Fail(Cache.Upstream.UpstreamError.Stopped);
            }

            foreach (var late in harness.Workers[0].Late)
            {
                Check(late);
            }

            harness.Workers[0].Late.Clear();
        }
        Assert.Equal(0, harness.Panics);
    }

    [Fact]
    public void Mutated_answers_give_a_well_formed_reply()
    {
        using var harness = new QueryHarness(Corefile);
        var asked = 0;
        foreach (var (query, mutate) in Cases(Gen.Select(s_queries, s_mutations)))
        {
            var worker = harness.Workers[0];
            // A fresh name each time, so that each is a miss.
            asked++;
            var unique = Renamed(query, asked);
            Check(worker.AskRaw(unique));
            while (worker.Upstreams.FirstOrDefault(upstream => upstream.Count > 0) is { } upstream)
            {
                var sent = upstream.Next;
                var answer = mutate(Answer(sent).ToBytes());
                // The forwarder passes on only what answers the question (RFC 5452).
                var end = QuestionEnd(sent);
                if (answer.Length < end)
                {
                    upstream.Fail(Cache.Upstream.UpstreamError.Malformed);
                }
                else
                {
                    sent.ToBytes().AsSpan(12, end - 12).CopyTo(answer.AsSpan(12));
                    answer[2] |= 0x80;
                    (answer[4], answer[5]) = (0, 1);
                    upstream.AnswerRaw(answer);
                }
            }
            foreach (var late in worker.Late)
            {
                Check(late);
            }

            worker.Late.Clear();
            // What was stored must be readable too.
            Check(worker.AskRaw(unique));
            while (worker.Upstreams.FirstOrDefault(upstream => upstream.Count > 0) is { } refresh)
            {
                refresh.Fail(Cache.Upstream.UpstreamError.Stopped);
            }

            worker.Late.Clear();
        }
        Assert.Equal(0, harness.Panics);
        Assert.Equal(0, harness.InFlight.Count);
    }

    /// <summary>The same ones in every run, as what a case meets depends on those before.</summary>
    private static IEnumerable<T> Cases<T>(Gen<T> gen)
    {
        for (var number = 0u; number < 4000; number++)
        {
            yield return gen.Generate(new PCG(1, number), null, out _);
        }
    }

    private static string Pick(int number, params string[] from) => from[number % from.Length];

    private static void Check(byte[]? reply)
    {
        if (reply is not null)
        {
            Assert.True(DnsMessage.Parse(reply).IsResponse);
        }
    }

    private static int QuestionEnd(DnsMessage sent) => DnsMessage.Query(sent.Question!.Name, "A").ToBytes().Length;

    private static byte[] Renamed(byte[] query, int number)
    {
        var label = System.Text.Encoding.ASCII.GetBytes($"n{number}");
        return [.. query.AsSpan(0, 12), (byte)label.Length, .. label, .. query.AsSpan(12)];
    }

    private static DnsMessage Answer(DnsMessage query)
    {
        var name = query.Question!.Name;
        var reply = DnsMessage.ReplyTo(query);
        reply.Answer.Add(DnsRecord.Parse($"{name} 60 IN CNAME other.example."));
        reply.Answer.Add(DnsRecord.Parse("other.example. 60 IN A 192.0.2.1"));
        reply.Answer.Add(DnsRecord.Parse("other.example. 60 IN A 192.0.2.2"));
        reply.Authority.Add(DnsRecord.Parse("example. 60 IN SOA ns.example. host.example. 1 2 3 4 5"));
        // loadbalance writes a message with several of these anew.
        reply.Additional.Add(DnsRecord.Parse("mail.example. 60 IN MX 10 other.example."));
        reply.Additional.Add(DnsRecord.Parse("mail.example. 60 IN MX 20 mx.example."));
        reply.Additional.Add(DnsRecord.Parse("mx.example. 60 IN AAAA 2001:db8::1"));
        return reply;
    }
}
