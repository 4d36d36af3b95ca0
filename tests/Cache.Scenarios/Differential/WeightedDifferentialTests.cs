using System.Net;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary><c>loadbalance weighted</c>: how often each address is first, in CoreDNS's answers and in ours, by one weight
/// file.</summary>
public sealed class WeightedDifferentialTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>To each server for each name.</summary>
    private const int Questions = 3000;

    /// <summary>Chance stays within this many standard deviations but once in 500 million comparisons.</summary>
    private const double Deviations = 6;

    private const string Weights = """
        # three to one to one, for an address that is not named weighs one
        www.example.com
        192.0.2.1 3
        192.0.2.2 1

        v6.example.com.
        2001:db8::1 1
        2001:db8::2 9
        target.example.com
        192.0.2.9 255
        192.0.2.8 85
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("nodedns-weighted-").FullName;

    private readonly record struct Case(string Name, string Type, (string Address, double Share)[] Shares);

    private static readonly Case[] s_cases =
    [
        new("www.example.com.", "A", [("192.0.2.1", 0.6), ("192.0.2.2", 0.2), ("192.0.2.3", 0.2)]),
        new("v6.example.com.", "AAAA", [("2001:db8::1", 0.1), ("2001:db8::2", 0.9)]),
        new("alias.example.com.", "A", [("192.0.2.9", 0.75), ("192.0.2.8", 0.25)]),
        new("other.example.com.", "A", [("192.0.2.1", 0.5), ("192.0.2.2", 0.5)]),
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Addresses_are_first_as_often_as_in_CoreDNS()
    {
        var program = CoreDnsBinary.Unpack(_folder);
        Assert.SkipWhen(program is null, "no coredns.tar.xz in CLUSTER_TOOLS: nothing to compare with");
        using var upstream = new FakeUpstream { Otherwise = Answer };
        await File.WriteAllTextAsync(Path.Combine(_folder, "weights"), Weights);
        using var coreDns = await Start(upstream.EndPoint, program!, "-conf");
        using var ours = await Start(
            upstream.EndPoint, "dotnet", Path.Combine(AppContext.BaseDirectory, "node-dns-cache.dll"), "serve", "--conf");
        foreach (var asked in s_cases)
        {
            var theirs = await Firsts(coreDns, asked);
            var own = await Firsts(ours, asked);
            foreach (var (address, share) in asked.Shares)
            {
                var (their, our) = (theirs.GetValueOrDefault(address), own.GetValueOrDefault(address));
                output.WriteLine($"{asked.Name} {address}: CoreDNS {their}, ours {our}, by the weights {Questions * share:0}");
                var deviation = Math.Sqrt(Questions * share * (1 - share));
                Assert.InRange(their, Questions * share - Deviations * deviation, Questions * share + Deviations * deviation);
                Assert.InRange(our, Questions * share - Deviations * deviation, Questions * share + Deviations * deviation);
                Assert.InRange(our - their, -Deviations * Math.Sqrt(2) * deviation, Deviations * Math.Sqrt(2) * deviation);
            }
            Assert.Equal(theirs.Keys.Order(), own.Keys.Order());
        }
    }

    private async Task<ServerProcess> Start(IPEndPoint upstream, string program, params string[] arguments)
    {
        var listen = new IPEndPoint(IPAddress.Loopback, Ports.Next());
        var file = Path.Combine(_folder, $"Corefile.{listen.Port}");
        await File.WriteAllTextAsync(file, $$"""
            .:{{listen.Port}} {
                bind {{listen.Address}}
                loadbalance weighted {{_folder}}/weights
                cache 3600
                forward . {{upstream}}
            }
            """);
        return await ServerProcess.Start(listen, program, [.. arguments, file]);
    }

    /// <summary>How often each address was the first one of an answer.</summary>
    private static async Task<Dictionary<string, int>> Firsts(ServerProcess server, Case asked)
    {
        var firsts = new Dictionary<string, int>();
        for (var i = 0; i < Questions; i++)
        {
            var reply = await server.Ask(
                DnsMessage.Query(asked.Name, asked.Type, (ushort)i), overTcp: false, TimeSpan.FromSeconds(8));
            var first = reply!.Answer.First(record => record.ToString().Contains($" {asked.Type} ", StringComparison.Ordinal)).Data;
            firsts[first] = firsts.GetValueOrDefault(first) + 1;
        }
        return firsts;
    }

    private static FakeAnswer Answer(DnsQuestion question)
    {
        var asked = s_cases.FirstOrDefault(known => known.Name == question.Name);
        if (asked.Name is null)
        {
            return FakeAnswer.With($"{question.Name} 3600 IN A 192.0.2.1");
        }
        var owner = asked.Name == "alias.example.com." ? "target.example.com." : asked.Name;
        var addresses = asked.Shares.Select(share => $"{owner} 3600 IN {asked.Type} {share.Address}");
        return FakeAnswer.With(
            [.. owner == asked.Name ? addresses : addresses.Prepend($"{asked.Name} 3600 IN CNAME {owner}")]);
    }
}
