using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing.Shell;

namespace NodeDns.Node.Tests;

/// <summary>Guard and cache of the arm64 image. qemu's user emulation passes system calls on to this machine's kernel; of
/// netlink it knows addresses and links only, so rules are made by iptables and other sockets are not looked for.</summary>
[Collection("node")]
public sealed class Arm64Tests(ITestOutputHelper output) : IDisposable
{
    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void The_guard_makes_its_node_the_cache_answers_and_nothing_stays()
    {
        var root = Path.Combine(_lab.Folder, "arm64");
        Directory.CreateDirectory(root);
        var command = ImageArchive.UnpackArm64("cache", root);
        Assert.SkipWhen(command is null, "there is no such image: make images ARCH=arm64");
        _lab.Build = command;

        var guard = _lab.StartGuardWith("-all,+net_admin,+net_bind_service,+net_raw", "--rules", "iptables", "--exit-mode", "teardown");
        guard.WaitFor("the node is set up");
        _lab.StartServe();
        NodeLab.WaitForService(guard);

        Assert.Contains("10.1.2.3", _lab.Dig("arm64.example."), StringComparison.Ordinal);
        Assert.Contains("10.1.2.3", _lab.Dig("arm64.example.", flags: "+tcp"), StringComparison.Ordinal);
        Assert.Contains(_lab.Address, _lab.Node.Run("ip -brief address"), StringComparison.Ordinal);
        Assert.Contains("node-dns-cache guard", Rules(), StringComparison.Ordinal);

        guard.Signal(Libc.SIGTERM);
        guard.WaitForExit();
        Assert.DoesNotContain(_lab.Address, _lab.Node.Run("ip -brief address"), StringComparison.Ordinal);
        Assert.DoesNotContain("node-dns-cache guard", Rules(), StringComparison.Ordinal);
    }

    private string Rules() => _lab.Node.Run("iptables-legacy-save -t raw; iptables-nft-save -t raw");
}
