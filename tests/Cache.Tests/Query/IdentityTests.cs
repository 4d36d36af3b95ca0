using CsCheck;
using NodeDns.Cache.Query;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Query;

/// <summary>An answer is kept, and shared, by what makes it: the directives that shape it, and the question sent.</summary>
public class IdentityTests
{
    private static readonly string[] s_names = ["a.example.", "b.example.", "c.other."];

    /// <summary>Lines that a block may have, a group each; of one group at most one.</summary>
    private static readonly string[][] s_groups =
    [
        ["cache", "cache 3600", "cache 20", "cache {\n success 9984 100 60\n }", "cache {\n denial 9984 5\n }",
            "cache {\n success 9984 30\n denial 9984 600 300\n }", "cache {\n disable success example\n }",
            "cache {\n disable denial\n }", "cache 40 example", "cache {\n keepttl\n }", "cache {\n servfail 0s\n }",
            "cache {\n servfail 1m\n }", "cache {\n serve_stale\n }",
            "cache {\n serve_stale 1h verify\n serve_stale_policy prefer_positive\n }"],
        ["hosts /nonexistent {\n 10.0.0.5 a.example\n fallthrough\n }", "hosts /nonexistent {\n 10.0.0.6 a.example b.example\n }",
            "hosts /nonexistent {\n 10.0.0.5 a.example\n ttl 5\n fallthrough\n }"],
        ["template IN A example {\n match ^a[.]\n answer \"{{ .Name }} 60 IN A 10.0.0.7\"\n fallthrough\n }",
            "template IN A example {\n match ^a[.]\n answer \"{{ .Name }} 70 IN A 10.0.0.7\"\n fallthrough\n }",
            "template IN A other {\n rcode NXDOMAIN\n }"],
        ["rewrite name exact a.example. b.example.", "rewrite name suffix .example. .other. answer auto",
            "rewrite ttl exact a.example. 90", "rewrite ttl suffix . 10-20", "rewrite type A TXT",
            "rewrite cname suffix .example. a.example.", "rewrite rcode exact c.other. NXDOMAIN NOERROR",
            "rewrite edns0 local set 0xffee 0x61", "rewrite edns0 local set 0xffee {client_ip}"],
        ["acl {\n block type A net 127.0.0.1/32\n }", "acl {\n filter type A\n }", "any", "local", "minimal", "loadbalance",
            "errors", "bufsize 1400", "cancel 1s", "whoami"],
        ["dns64 {\n allow_ipv4\n }", "dns64 {\n allow_ipv4\n translate_all\n }"],
        ["forward . 192.0.2.1", "forward . 192.0.2.2", "forward . 192.0.2.1 {\n next NXDOMAIN\n }\n forward . 192.0.2.2",
            "forward example 192.0.2.1\n forward . 192.0.2.2", "forward . 192.0.2.1 {\n except other\n }"],
    ];

    private static readonly string[] s_types = ["A", "AAAA", "TXT"];

    private static readonly Gen<string?[]> s_block =
        Gen.Int[0, 1000].Array[s_groups.Length].Select(picks => picks.Select((pick, group) => Line(group, pick)).ToArray());

    [Fact]
    public void After_a_directive_has_changed_each_answer_is_that_of_a_fresh_server() =>
        Gen.Select(s_block, Gen.Int[0, s_groups.Length - 1], Gen.Int[0, 1000], Gen.Int[0, 40]).Sample((before, group, pick, seconds) =>
        {
            var after = before.ToArray();
            after[group] = Line(group, pick);
            using var changed = new QueryHarness(File(before));
            Exchange(changed);
            changed.NowMs += seconds * 1000;
            changed.Reload(File(after));
            using var fresh = new QueryHarness(File(after));
            foreach (var (name, type) in Questions())
            {
                var (got, expected) = (Ask(changed, name, type), Ask(fresh, name, type));
                Assert.True(
                    Same(got, expected, mayBeOlder: before[group] == after[group] || !Shapes(group, before, after)),
                    $"{File(before)}\nbecame\n{File(after)}\n{name} {type}\n{got}\nand of a fresh server\n{expected}");
            }
        }, iter: 400);

    [Fact]
    public void Questions_at_once_get_what_each_gets_alone() =>
        Gen.Select(Gen.Int[0, s_groups[3].Length - 1].Array[1, 3], Gen.Bool,
            Gen.Select(Gen.Int[0, s_names.Length - 1], Gen.Int[0, s_types.Length - 1], Gen.Int[1, 3]).Array[2, 8]).Sample(
            (rules, cache, picks) =>
            {
                var questions = picks.Select(pick => (Name: s_names[pick.Item1], Type: s_types[pick.Item2], Client: pick.Item3)).ToList();
                var lines = string.Concat(rules.Select(rule => s_groups[3][rule]).Select(rule =>
                    $" {(rule.StartsWith("rewrite name suffix", StringComparison.Ordinal) ? rule : rule.Replace("rewrite ", "rewrite continue "))}\n"));
                var file = $".:53 {{\n bind 127.0.0.1\n {(cache ? "cache" : "")}\n{lines} forward . 192.0.2.1\n}}\n";
                using var together = new QueryHarness(file);
                var worker = together.Workers[0];
                for (var i = 0; i < questions.Count; i++)
                {
                    var (name, type, client) = questions[i];
                    Assert.Null(worker.Ask(DnsMessage.Query(name, type, (ushort)i).ToBytes(), client: $"192.0.2.{client}"));
                }
                while (worker.Upstreams[0].Count > 0)
                {
                    worker.Upstreams[0].AnswerRaw(Upstream(together.ServerOf(0), worker.Upstreams[0].NextRaw));
                }
                foreach (var reply in worker.Late.Select(late => DnsMessage.Parse(late)))
                {
                    using var alone = new QueryHarness(file);
                    var (name, type, client) = questions[reply.Id];
                    var expected = Ask(alone, name, type, $"192.0.2.{client}");
                    Assert.Equal($"{expected}", $"{With(reply, 1)}");
                }
                Assert.Equal(questions.Count, worker.Late.Count);
            }, iter: 400);

    /// <summary>Whether the change was one of what decides the answers that are kept.</summary>
    private static bool Shapes(int group, string?[] before, string?[] after) => group is not (4 or 5)
        || new[] { before[group], after[group] }.Any(line => line is "bufsize 1400" or "cancel 1s");

    private static DnsMessage With(DnsMessage message, ushort id)
    {
        message.Id = id;
        return message;
    }

    private static string File(string?[] lines) =>
        $".:53 {{\n bind 127.0.0.1\n{string.Concat(lines.OfType<string>().Select(line => $" {line}\n"))}}}\n";

    private static IEnumerable<(string Name, string Type)> Questions() =>
        from name in s_names from type in new[] { "A", "AAAA", "TXT", "ANY" } select (name, type);

    /// <summary>One of a group's lines, or none; a block has a forward always.</summary>
    private static string? Line(int group, int pick)
    {
        var lines = s_groups[group];
        var none = group == s_groups.Length - 1 ? 0 : 1 + lines.Length / 2;
        pick %= none + lines.Length;
        return pick < none ? null : lines[pick - none];
    }

    private static void Exchange(QueryHarness harness)
    {
        foreach (var (name, type) in Questions())
        {
            Ask(harness, name, type);
        }
    }

    private static DnsMessage Ask(QueryHarness harness, string name, string type, string client = "192.0.2.7")
    {
        var worker = harness.Workers[0];
        worker.Late.Clear();
        var reply = worker.Ask(DnsMessage.Query(name, type, 1).ToBytes(), client: client);
        while (worker.Upstreams.Any(upstream => upstream.Count > 0))
        {
            for (var i = 0; i < worker.Upstreams.Count; i++)
            {
                if (worker.Upstreams[i].Count > 0)
                {
                    worker.Upstreams[i].AnswerRaw(Upstream(harness.ServerOf(i), worker.Upstreams[i].NextRaw));
                }
            }
        }
        return reply ?? DnsMessage.Parse(worker.Late[^1]);
    }

    /// <summary>What the server answers: always the same to the same question, and different to any other.</summary>
    private static byte[] Upstream(int server, byte[] query)
    {
        var asked = DnsMessage.Parse(query);
        var reply = DnsMessage.ReplyTo(asked);
        var sum = query[2..].Aggregate(17, (sum, octet) => unchecked(sum * 31 + octet));
        var name = asked.Question!.Name;
        switch (asked.Question.Type, name)
        {
            case (1, _):
                reply.Answer.Add(DnsRecord.Parse($"{name} 50 IN A 10.{server}.{sum >> 8 & 255}.{sum & 255}"));
                break;
            case (16, _):
                reply.Answer.Add(DnsRecord.Parse($"{name} 50 IN TXT \"{server} {sum}\""));
                break;
            case (28, "b.example."):
                reply.Answer.Add(DnsRecord.Parse($"{name} 50 IN CNAME x.example."));
                reply.Answer.Add(DnsRecord.Parse($"x.example. 50 IN AAAA 2001:db8::{server}:{sum & 0xFFFF:x}"));
                break;
            case (28, "c.other."):
                reply.Rcode = server == 1 ? 3 : 2;
                break;
        }
        if (reply.Answer.Count == 0 && reply.Rcode != 2)
        {
            reply.Authority.Add(DnsRecord.Parse($"{name} {300 + server} IN SOA ns. host. 1 2 3 4 {40 + server}"));
        }
        return reply.ToBytes();
    }

    /// <summary>TTLs of what was kept have run down, or are those of stale answers, where the block did not change; otherwise
    /// nothing differs.</summary>
    private static bool Same(DnsMessage got, DnsMessage expected, bool mayBeOlder)
    {
        if (!mayBeOlder)
        {
            return Text(got, null) == Text(expected, null);
        }

        return Text(got, 0) == Text(expected, 0)
            && got.Answer.Concat(got.Authority).Zip(expected.Answer.Concat(expected.Authority)).All(
                pair => pair.First.TtlSeconds <= pair.Second.TtlSeconds || pair.First.TtlSeconds == StaleModel.DefaultTtlSeconds);
    }

    private static string Text(DnsMessage message, uint? ttl) => string.Join('\n',
        new[] { $"{message.Rcode}" }
            .Concat(new[] { message.Answer, message.Authority, message.Additional }.SelectMany(section =>
                section.Select(record => $"{record with { TtlSeconds = ttl ?? record.TtlSeconds }}").Append("-"))));
}
