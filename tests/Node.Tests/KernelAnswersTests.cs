using System.Globalization;
using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing;
using NodeDns.Testing.Messages;

namespace NodeDns.Node.Tests;

/// <summary>guard --kernel-answers: hot names are answered at the pod's interface, as the cache would.</summary>
[Collection("node")]
public sealed class KernelAnswersTests : IDisposable
{
    private const string On = "--kernel-answers=auto";

    private readonly NodeLab _lab;

    public KernelAnswersTests(ITestOutputHelper output) =>
        _lab = new NodeLab(output) { Capabilities = "-all,+net_admin,+net_bind_service,+bpf" };

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("tcx", NodeLab.LocalAddress)]
    [InlineData("clsact", NodeLab.LocalAddress)]
    [InlineData("tcx", NodeLab.LocalAddress6)]
    public void A_hot_name_is_answered_in_the_kernel_with_the_octets_of_the_socket(string way, string address)
    {
        _lab.Address = $"{NodeLab.LocalAddress},{NodeLab.LocalAddress6}";
        Start($"--kernel-answers={way}");
        using var both = new BothWays(_lab, address);
        var query = DnsMessage.Query("Hot.Example.", "A", 7).ToBytes();

        Warm(both, query);
        var before = Answered();
        var (fromPod, fromNode) = (both.FromPod(query), both.FromNode(query));

        Assert.Equal(before + 1, Answered());
        Assert.Equal(Hex(fromNode), Hex(fromPod));
        Assert.Equal("10.1.2.3", Assert.Single(DnsMessage.Parse(fromPod).Answer).Data);
    }

    private (RunningProgram Guard, RunningProgram Serve) Start(string flag = On, string extra = "")
    {
        WriteCorefile(extra);
        var pair = _lab.StartPair(flag);
        pair.Guard.WaitFor("hot names are answered in the kernel");
        return pair;
    }

    private void WriteCorefile(string extra = "") => _lab.WriteCorefile(
        NodeLab.Corefile(_lab.Address.Replace(',', ' '), $"prometheus 127.0.0.1:9253\n{extra}"));

    /// <summary>Asks from the pod until the kernel answers.</summary>
    private void Warm(BothWays both, byte[] query)
    {
        var before = Answered();
        _lab.WaitUntil(
            () =>
            {
                both.FromPod(query);
                return Answered() > before;
            },
            "the kernel answers");
    }

    private long Answered() => Sum("nodedns_cache_kernel_answers_total");

    private long Sum(string metric, string having = "") => _lab.Node.Run("curl -s http://127.0.0.1:9253/metrics").Split('\n')
        .Where(line => line.StartsWith(metric + "{", StringComparison.Ordinal) && line.Contains(having, StringComparison.Ordinal))
        .Sum(line => long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    private static string Hex(byte[] octets) => Convert.ToHexString(octets);
}
