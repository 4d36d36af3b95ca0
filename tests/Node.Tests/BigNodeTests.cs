using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NodeDns.Node.Tests.Lab;

namespace NodeDns.Node.Tests;

/// <summary>What the guard needs: on a node of its own, and on a big one, where others have tens of thousands of packet
/// rules and TCP sockets and hundreds of links. eng/bench-guard prints the figures.</summary>
[Collection("node")]
public sealed class BigNodeTests(ITestOutputHelper output) : IDisposable
{
    private const int Rules = 60_000;
    private const int Links = 300;

    /// <summary>Two sockets each, of which the second has no descriptor: it is never accepted.</summary>
    private const int Connections = 12_000;

    private const int ConnectionsOfOneListener = 4000;

    private const int Changes = 100;
    private const long MostResidentKiB = 10_000_000 / 1024;

    private readonly NodeLab _lab = new(output);
    private readonly List<Socket> _sockets = [];

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _lab.Dispose();
    }

    [Fact]
    public void An_idle_guard_comes_down_to_ten_megabytes()
    {
        Assert.SkipWhen(NodeLab.Program[0] == "dotnet", "needs the published program: make build");
        var (guard, _) = _lab.StartPair();
        _lab.WaitUntil(() => ResidentKiB(guard) <= MostResidentKiB, $"at most {MostResidentKiB} KiB resident, not {ResidentKiB(guard)}", 60);
        _lab.Print($"an idle guard: {ResidentKiB(guard)} KiB resident");
    }

    [Fact]
    public void What_others_have_and_change_costs_the_guard_next_to_nothing()
    {
        Assert.SkipWhen(NodeLab.Program[0] == "dotnet", "needs the published program: make build");
        MakeItBig();
        var (guard, _) = _lab.StartPair();
        _lab.WaitUntil(() => ResidentKiB(guard) <= MostResidentKiB, "what the start needed is given back", 60);
        var before = CpuMs(guard);
        NodeLab.Pass(6);
        var idleMs = CpuMs(guard) - before;
        before = CpuMs(guard);
        for (var i = 0; i < Changes; i++)
        {
            _lab.Node.Run((i % 4) switch
            {
                0 => $"ip link set l{i} mtu 1400",
                1 => $"ip addr add 10.200.{i}.1/24 dev l{i}",
                _ => $"nft add rule ip others c tcp dport {i + 1} accept",
            });
            NodeLab.Pass(0.03);
        }
        var changesMs = CpuMs(guard) - before;
        _lab.Print($"a guard beside {Rules} rules, {2 * Connections} TCP sockets and {Links} links of others: "
            + $"{changesMs:0} ms of CPU for {Changes} changes, {idleMs:0} ms for 6 s without, {ResidentKiB(guard)} KiB resident");
        // The bar, 100 ms, is make bench's: it holds on a quiet machine. Looking at what is others' costs seconds.
        Assert.InRange(changesMs, 0, 1000);
        Assert.InRange(ResidentKiB(guard), 0, 2 * MostResidentKiB);
    }

    private void MakeItBig()
    {
        var rules = Path.Combine(_lab.Folder, "rules.nft");
        File.WriteAllLines(rules,
        [
            "table ip others {", " chain c {", " }", "}",
            .. Enumerable.Range(0, Rules).Select(i => $"add rule ip others c ip daddr 10.{i >> 16}.{(i >> 8) & 255}.{i & 255} accept"),
        ]);
        var links = Path.Combine(_lab.Folder, "links");
        File.WriteAllLines(links, Enumerable.Range(0, Links).SelectMany(i => new[]
        {
            $"link add l{i} type bridge", $"link set l{i} up", $"addr add 10.{100 + i / 250}.{i % 250}.1/24 dev l{i}",
        }));
        _lab.Node.Run($"nft -f {rules}; ip -batch {links}");
        _lab.Node.Enter(() =>
        {
            for (var port = 7000; _sockets.Count < Connections; port++)
            {
                var listener = Own(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
                listener.Listen(ConnectionsOfOneListener);
                for (var i = 0; i < ConnectionsOfOneListener; i++)
                {
                    Own(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).Connect(IPAddress.Loopback, port);
                }
            }
            return 0;
        });
    }

    private Socket Own(Socket socket)
    {
        _sockets.Add(socket);
        return socket;
    }

    /// <summary>Of all its threads: the first field of each /proc/PID/task/TID/schedstat, in nanoseconds.</summary>
    private static double CpuMs(RunningProgram program) => Directory.GetDirectories($"/proc/{program.Id}/task")
        .Sum(task => long.Parse(File.ReadAllText($"{task}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1e6);

    private static long ResidentKiB(RunningProgram program) => long.Parse(
        File.ReadAllLines($"/proc/{program.Id}/status").Single(line => line.StartsWith("VmRSS", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
