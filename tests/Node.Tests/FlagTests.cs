using NodeDns.Node.Tests.Lab;
using NodeDns.Testing.Shell;

namespace NodeDns.Node.Tests;

/// <summary>Flags that contradict each other, or mean nothing, end the guard before it touches the node.</summary>
public sealed class FlagTests : IDisposable
{
    private const string Base = "--address 169.254.20.10 --handover /tmp/h.sock --cluster-dns 10.0.0.2";

    /// <summary>Should one be let in after all, this is what it touches.</summary>
    private readonly NetworkNamespace _elsewhere = new("flags");

    public void Dispose() => _elsewhere.Dispose();

    [Theory]
    [InlineData("--address 169.254.20.10 --handover /tmp/h.sock --cluster-dns 169.254.20.10", "--cluster-dns 169.254.20.10:53", "--address 169.254.20.10")]
    [InlineData("--address 169.254.20.10,fd00::1 --handover /tmp/h.sock --cluster-dns [fd00::1]:53", "--cluster-dns [fd00::1]:53", "--address fd00::1")]
    [InlineData("--address 169.254.20.10 --handover /tmp/h.sock --allow-port 5353 --cluster-dns 169.254.20.10:5353",
        "--cluster-dns 169.254.20.10:5353", "--address 169.254.20.10")]
    [InlineData("--address 169.254.20.10 --handover /tmp/h.sock --cluster-dns 10.0.0.2,10.96.0.10 --intercept-cluster-dns 10.96.0.10",
        "--cluster-dns 10.96.0.10:53", "--intercept-cluster-dns 10.96.0.10")]
    [InlineData(Base + " --intercept-cluster-dns 10.96.0.10,169.254.20.10", "--address 169.254.20.10", "--intercept-cluster-dns 169.254.20.10")]
    [InlineData(Base + " --flip-to 169.254.20.10", "--flip-to 169.254.20.10:53", "--address 169.254.20.10")]
    [InlineData(Base + " --intercept-cluster-dns 10.96.0.10 --flip-to 10.96.0.10", "--flip-to 10.96.0.10:53", "--intercept-cluster-dns 10.96.0.10")]
    [InlineData(Base + " --flip-to 10.0.0.3 --exit-mode refuse", "--flip-to 10.0.0.3:53", "--exit-mode refuse")]
    [InlineData(Base + " --flip-to 10.0.0.3 --exit-mode teardown", "--flip-to 10.0.0.3:53", "--exit-mode teardown")]
    [InlineData(Base + " --flip-for 90s --exit-mode refuse", "--flip-for 90s", "--exit-mode refuse")]
    [InlineData(Base + " --flip-for=90s --exit-mode=teardown", "--flip-for 90s", "--exit-mode teardown")]
    [InlineData(Base + " --health-listen 127.0.0.1:9254", "--health-listen 127.0.0.1:9254", "--metrics-listen 0.0.0.0:9254")]
    [InlineData(Base + " --health-listen :9300 --metrics-listen 127.0.0.1:9300", "--health-listen [::]:9300", "--metrics-listen 127.0.0.1:9300")]
    [InlineData(Base + " --metrics-listen :53", "--metrics-listen [::]:53", "--dns-port 53")]
    [InlineData(Base + " --dns-port 5300 --health-listen 0.0.0.0:5300", "--health-listen 0.0.0.0:5300", "--dns-port 5300")]
    [InlineData(Base + " --health-listen 169.254.20.10:53", "--health-listen 169.254.20.10:53", "--dns-port 53")]
    [InlineData(Base + " --allow-port 8080,9254", "--metrics-listen 0.0.0.0:9254", "--allow-port 9254")]
    [InlineData(Base + " --takeover /tmp/h.sock", "--handover /tmp/h.sock", "--takeover /tmp/h.sock")]
    [InlineData(Base + " --takeover /tmp/x/../h.sock", "--handover /tmp/h.sock", "--takeover /tmp/x/../h.sock")]
    [InlineData(Base + " -- --conf Corefile", "--conf Corefile", "--spawn")]
    [InlineData(Base + " --spawn -- --conf Corefile --handover /tmp/other.sock", "--handover /tmp/h.sock", "--handover /tmp/other.sock")]
    [InlineData(Base + " --spawn -- --conf Corefile --dns-port=5300", "--dns-port 53", "--dns-port 5300")]
    [InlineData("--address 169.254.20.10,fd00::1,169.254.20.11,fd00::2,169.254.20.12 --handover /tmp/h.sock --cluster-dns 10.0.0.2 --workers 256",
        "--workers 256", "--address 169.254.20.10,fd00::1,169.254.20.11,fd00::2,169.254.20.12")]
    public void Two_flags_that_contradict_each_other_are_an_error_that_names_both(string flags, string one, string other)
    {
        var (exitCode, error) = Guard(flags);
        Assert.Equal(1, exitCode);
        var line = Assert.Single(error.Trim().Split('\n'));
        Assert.Contains(one, line, StringComparison.Ordinal);
        Assert.Contains(other, line, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_contradiction_is_told_at_once()
    {
        var (exitCode, error) = Guard(Base + " --flip-to 169.254.20.10 --exit-mode refuse --takeover /tmp/h.sock");
        Assert.Equal(1, exitCode);
        Assert.Equal(3, error.Trim().Split('\n').Length);
    }

    [Theory]
    [InlineData("--address 0.0.0.0 --handover /tmp/h.sock --cluster-dns 10.0.0.2", "--address '0.0.0.0'")]
    [InlineData("--address 224.0.0.53 --handover /tmp/h.sock --cluster-dns 10.0.0.2", "--address '224.0.0.53'")]
    [InlineData("--address ff02::1 --handover /tmp/h.sock --cluster-dns 10.0.0.2", "--address 'ff02::1'")]
    [InlineData(Base + " --intercept-cluster-dns ::", "--intercept-cluster-dns '::'")]
    [InlineData(Base + " --interface a-name-that-is-too-long", "--interface 'a-name-that-is-too-long'")]
    [InlineData(Base + " --interface a/b", "--interface 'a/b'")]
    [InlineData(Base + " --probe-name a..b", "--probe-name 'a..b'")]
    [InlineData(Base + " --workers 257", "--workers 257")]
    [InlineData(Base + " --dns-port 0", "--dns-port 0")]
    [InlineData(Base + " --allow-port 53,dns", "--allow-port 'dns'")]
    [InlineData(Base + " --rules ebtables", "--rules ebtables")]
    [InlineData(Base + " --keep-for 0", "--keep-for 0")]
    [InlineData(Base + " --hang-after 5ms", "--hang-after 5ms")]
    [InlineData(Base + " --metrics-listen nowhere", "--metrics-listen nowhere")]
    public void A_value_that_means_nothing_is_an_error_that_names_it(string flags, string shown)
    {
        var (exitCode, error) = Guard(flags);
        Assert.Equal(1, exitCode);
        Assert.Contains(shown, error, StringComparison.Ordinal);
    }

    private (int ExitCode, string Error) Guard(string flags)
    {
        var tool = Tool.Run("timeout", ["10", "ip", "netns", "exec", _elsewhere.Name, .. NodeLab.Program, "guard", .. flags.Split(' ')]);
        return (tool.ExitCode, tool.Error);
    }
}
