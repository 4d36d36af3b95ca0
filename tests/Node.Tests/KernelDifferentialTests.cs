using System.Globalization;
using NodeDns.Cache.Scenarios.Differential;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing.Messages;
using NodeDns.Testing.Shell;

namespace NodeDns.Node.Tests;

/// <summary>The questions of the differential suite and of the fuzzer's corpus, and mutations of them, each asked of the
/// socket and at a pod's interface with guard --kernel-answers: every reply is the same, octet for octet.</summary>
/// <remarks>20,000 questions; NODE_TESTS_QUESTIONS makes it more (make kernel-proof: 1,000,000), and NODE_TESTS_SEED repeats
/// a run.</remarks>
[Collection("node")]
public sealed class KernelDifferentialTests : IDisposable
{
    private const int HeaderLength = 12;

    private readonly NodeLab _lab;

    public KernelDifferentialTests(ITestOutputHelper output) =>
        _lab = new NodeLab(output) { Capabilities = "-all,+net_admin,+net_bind_service,+bpf" };

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Every_reply_of_the_kernel_is_that_of_the_socket()
    {
        var count = Number("NODE_TESTS_QUESTIONS") ?? 20_000;
        var seed = Number("NODE_TESTS_SEED") ?? Random.Shared.Next();
        _lab.Address = $"{NodeLab.LocalAddress},{NodeLab.LocalAddress6}";
        _lab.Upstream!.Otherwise = SampleAnswers.To;
        _lab.WriteCorefile(NodeLab.Corefile(_lab.Address.Replace(',', ' '), "prometheus 127.0.0.1:9253"));
        var (guard, _) = _lab.StartPair("--kernel-answers=auto", "--probe-interval=0s");
        guard.WaitFor("hot names are answered in the kernel");
        using var both = new BothWays(_lab);
        using var both6 = new BothWays(_lab, NodeLab.LocalAddress6);
        var random = new Random(seed);
        var cases = Questions.All().Where(asked => !asked.OverTcp).ToList();
        var corpus = Directory.GetFiles(Path.Combine(Tool.Checkout, "tests/Cache.Fuzz/corpus/query")).Order().Select(File.ReadAllBytes)
            .ToList();

        var (kinds, unequal) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            // Most questions are of a few cases at a time, so that these become hot.
            var set = i / 2000 * 37;
            var query = random.Next(50) == 0 ? corpus[random.Next(corpus.Count)].ToArray()
                : Vary(cases[(set + random.Next(40)) % cases.Count], random).ToBytes();
            if (random.Next(8) == 0)
            {
                query = Mutate(query, random);
            }
            if (query.Length < HeaderLength || (query[2] & 0x80) != 0)
            {
                continue;
            }
            kinds++;
            var ways = random.Next(4) == 0 ? both6 : both;
            if (!AreEqual(ways, query, out var text))
            {
                unequal++;
                _lab.Print($"seed {seed}, question {i}: {Convert.ToHexString(query)}\n{text}");
                Assert.True(unequal < 10, "ten differ");
            }
        }

        var inKernel = _lab.Node.Run("curl -s http://127.0.0.1:9253/metrics").Split('\n')
            .Where(line => line.StartsWith("nodedns_cache_kernel_answers_total{", StringComparison.Ordinal))
            .Sum(line => long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        _lab.Print($"{kinds} questions both ways, {inKernel} of them answered in the kernel, {unequal} replies differ (seed {seed})");
        Assert.Equal(0, unequal);
        Assert.True(inKernel > kinds / 5, $"only {inKernel} of {kinds} were answered in the kernel");
    }

    /// <summary>The socket is asked before and after the pod, so that a second's tick of a TTL, or the end of one, between
    /// two of the three explains a difference to one of them but not to both.</summary>
    private static bool AreEqual(BothWays ways, byte[] query, out string text)
    {
        text = "";
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var before = ways.FromNode(query);
            var pod = ways.FromPod(query);
            if (pod.AsSpan().SequenceEqual(before))
            {
                return true;
            }
            var after = ways.FromNode(query);
            if (pod.AsSpan().SequenceEqual(after))
            {
                return true;
            }
            text = $"node {Convert.ToHexString(before)}\npod  {Convert.ToHexString(pod)}\nnode {Convert.ToHexString(after)}";
        }
        return false;
    }

    private static DnsMessage Vary(AskedCase asked, Random random)
    {
        var name = new string([.. asked.Name.Select(letter => random.Next(4) == 0 ? char.ToUpperInvariant(letter) : letter)]);
        var varied = asked with { Name = random.Next(2) == 0 ? asked.Name : name };
        varied = random.Next(6) switch
        {
            0 => varied with { Ad = true },
            1 => varied with { Rd = false },
            2 => varied with { BufferSize = random.Next(300, 2000) },
            _ => varied,
        };
        return varied.Query(0);
    }

    private static byte[] Mutate(byte[] query, Random random)
    {
        var octets = query.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(2, octets.Count);
            switch (random.Next(4))
            {
                case 0:
                    octets[at] = (byte)random.Next(256);
                    break;
                case 1:
                    octets[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    octets.Insert(at, (byte)random.Next(256));
                    break;
                case 3 when octets.Count > HeaderLength:
                    octets.RemoveAt(at);
                    break;
            }
        }
        return [.. octets];
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
