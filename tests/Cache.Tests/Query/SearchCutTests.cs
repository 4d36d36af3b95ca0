using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Query;

/// <summary>When search_cut asks for a place, and what the answer changes, to the millisecond.</summary>
public sealed class SearchCutTests : IDisposable
{
    private const string Place = "com.shop.svc.cluster.local.";

    private readonly QueryHarness _harness = new(
        ".:53 {\n bind 127.0.0.1\n cache\n search_cut cluster.local\n forward . 192.0.2.53\n}\n");

    [Fact]
    public void What_the_renewal_of_a_denial_finds_ends_the_denial_at_once()
    {
        Learn();
        Assert.NotNull(_harness.Ask($"a.{Place}"));
        Answer(Deny);
        _harness.NowMs += 4_950;
        Assert.Equal([Place], Answer(reply => reply.Answer.Add(DnsRecord.Parse($"{Place} 5 IN A 10.96.0.8"))));
        Assert.Null(_harness.Ask($"b.{Place}"));
    }

    [Theory]
    [InlineData("NOERROR", 5_000)]
    [InlineData("SERVFAIL", 1_000)]
    public void A_place_that_was_not_denied_is_asked_for_again_after_its_time(string rcode, int ms)
    {
        LearnLabel();
        _harness.Ask($"q1.{Place}");
        Assert.Equal([Place, $"q1.{Place}"], AnswerPlace().Order(StringComparer.Ordinal));
        _harness.NowMs += ms - 1;
        _harness.Ask($"q2.{Place}");
        Assert.Equal([$"q2.{Place}"], AnswerPlace());
        _harness.NowMs += 1;
        _harness.Ask($"q3.{Place}");
        Assert.Contains(Place, AnswerPlace());

        List<string> AnswerPlace() => Answer(reply =>
        {
            reply.Rcode = DnsTypes.RcodeOf(rcode);
            if (rcode == "NOERROR")
            {
                reply.Authority.Add(Soa);
            }
        });
    }

    public void Dispose() => _harness.Dispose();

    private static DnsRecord Soa => DnsRecord.Parse(
        "cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5");

    private void Learn()
    {
        LearnLabel();
        foreach (var first in new[] { "q1", "q2" })
        {
            _harness.Ask($"{first}.{Place}");
            Answer(Deny);
        }
    }

    private void LearnLabel()
    {
        _harness.Ask("www.example.com.");
        Answer(Deny);
    }

    private static void Deny(DnsMessage reply)
    {
        reply.Rcode = 3;
        reply.Authority.Add(Soa);
    }

    /// <summary>Answers all that upstream was asked: names outside with an address, names of the cluster with a denial.</summary>
    /// <param name="place">Answers for <see cref="Place"/>.</param>
    /// <returns>The names.</returns>
    private List<string> Answer(Action<DnsMessage> place)
    {
        var asked = new List<string>();
        var upstream = _harness.Workers[0].Upstreams[0];
        while (upstream.Count > 0)
        {
            var name = upstream.Next.Question!.Name;
            asked.Add(name);
            upstream.Answer(name == Place ? place
                : name.EndsWith("cluster.local.", StringComparison.Ordinal) ? Deny
                : reply => reply.Answer.Add(DnsRecord.Parse($"{name} 3600 IN A 192.0.2.1")));
        }

        return asked;
    }
}
