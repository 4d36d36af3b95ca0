using NodeDns.Linux.Interop;
using NodeDns.Testing.Shell;

namespace NodeDns.Node.Tests.Lab;

/// <summary>What the official node-cache leaves on a node: CoreDNS 1.14.4 on a link of its own, and its twelve iptables
/// rules.</summary>
public sealed class NodeCacheStandIn
{
    private const string Comment = "-m comment --comment \"NodeLocal DNS Cache: ";
    private readonly NodeLab _lab;
    private readonly RunningProgram _coredns;
    private readonly string _iptables;

    /// <param name="iptables">iptables, or iptables-legacy: node-cache uses the one that the node uses.</param>
    public NodeCacheStandIn(NodeLab lab, string iptables = "iptables")
    {
        _lab = lab;
        _iptables = iptables;
        // Make exports it relative to the checkout; a test runs in a folder of its own.
        var tools = Environment.GetEnvironmentVariable("CLUSTER_TOOLS") is { Length: > 0 } set ? set : "../shared/cluster-tools";
        var archive = Path.Combine(Path.GetFullPath(tools, Tool.Checkout), "coredns.tar.xz");
        Assert.SkipUnless(File.Exists(archive), $"{archive} is not here: set CLUSTER_TOOLS");
        NetworkNamespace.Sh($"tar -xJf {archive} -C {lab.Folder}");
        var binary = NetworkNamespace.Sh($"find {lab.Folder} -type f -name coredns").Trim();
        // A dummy link, as theirs is, where the kernel has them; never set up.
        lab.Node.Run("ip link add nodelocaldns type dummy 2>/dev/null || ip link add nodelocaldns type bridge; "
            + $"ip addr add {NodeLab.LocalAddress}/32 dev nodelocaldns");
        Rules("-I");
        var corefile = Path.Combine(lab.Folder, "Corefile.node-cache");
        File.WriteAllText(corefile,
            $".:53 {{\n errors\n cache 30\n reload\n bind {NodeLab.LocalAddress}\n forward . {NodeLab.ClusterDns}\n}}\n");
        _coredns = lab.Start("node-cache", [binary, "-conf", corefile]);
        lab.WaitUntil(() => lab.Dig("one.example.").Contains("10.1.2.3", StringComparison.Ordinal),
            "node-cache answers");
    }

    /// <summary>SIGTERM as node-cache takes it: rules, then the link, then the process.</summary>
    public void TearDown()
    {
        Rules("-D");
        _lab.Node.Run("ip link del nodelocaldns");
        Stop();
    }

    /// <summary>Ends it and leaves everything behind, as a kill or -skipteardown does.</summary>
    public void Stop()
    {
        _coredns.Signal(Libc.SIGTERM);
        _coredns.WaitForExit();
    }

    /// <summary>How many of its rules there are.</summary>
    public int CountRules() => (_lab.Node.Run($"{_iptables} -t raw -S; {_iptables} -t filter -S"))
        .Split('\n').Count(line => line.Contains("NodeLocal DNS Cache:", StringComparison.Ordinal));

    private void Rules(string action)
    {
        var lines = new List<string>();
        foreach (var protocol in new[] { "tcp", "udp" })
        {
            lines.Add($"raw {action} PREROUTING -d {NodeLab.LocalAddress} -p {protocol} --dport 53 {Comment}skip conntrack\" -j NOTRACK");
            lines.Add($"raw {action} OUTPUT -s {NodeLab.LocalAddress} -p {protocol} --sport 53 {Comment}skip conntrack\" -j NOTRACK");
            lines.Add($"raw {action} OUTPUT -d {NodeLab.LocalAddress} -p {protocol} --dport 53 {Comment}skip conntrack\" -j NOTRACK");
            lines.Add($"filter {action} INPUT -d {NodeLab.LocalAddress} -p {protocol} --dport 53 {Comment}allow DNS traffic\" -j ACCEPT");
            lines.Add($"filter {action} OUTPUT -s {NodeLab.LocalAddress} -p {protocol} --sport 53 {Comment}allow DNS traffic\" -j ACCEPT");
        }
        lines.Add($"raw {action} OUTPUT -d {NodeLab.LocalAddress} -p tcp --dport 8080 {Comment}skip conntrack\" -j NOTRACK");
        lines.Add($"raw {action} OUTPUT -s {NodeLab.LocalAddress} -p tcp --sport 8080 {Comment}skip conntrack\" -j NOTRACK");
        _lab.Node.Run(string.Join("; ", lines.Select(line => $"{_iptables} -w 5 -t {line}")));
    }
}
