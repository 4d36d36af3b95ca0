using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Endpoint;

/// <summary>A start that cannot be: the program as it is run, with exit code 1 and one line.</summary>
public sealed class StartTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _certificates.Dispose();
    }

    [Theory]
    [InlineData("--listen", "127.0.0.1:{0}")]
    [InlineData("--listen", ":{0}")]
    [InlineData("--listen", "localhost:{0}")]
    [InlineData("--metrics-listen", "127.0.0.1:{0}")]
    [InlineData("--metrics-listen", "*:{0}")]
    public async Task Taken_port_is_told_by_its_option(string option, string address)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var text = string.Format(null, address, port);

        var line = await OnlyLineAsync(option, text);

        Assert.Equal(
            $"{option}: \"{text.Replace("*", "").Replace("localhost", "127.0.0.1")}\": port {port} is taken: choose another, "
                + "or stop what listens there (ss -ltnp names it)",
            line);
    }

    [Theory]
    [InlineData("--listen")]
    [InlineData("--metrics-listen")]
    public async Task Port_that_is_not_allowed_is_told_by_its_option(string option) =>
        Assert.Equal(
            $"{option}: \"127.0.0.1:443\": port 443 is forbidden to this process: choose one from 1024 up, or give it "
                + "CAP_NET_BIND_SERVICE",
            await OnlyLineAsync(option, "127.0.0.1:443", unprivileged: true));

    [Theory]
    [InlineData("--listen", "192.0.2.1:8443")]
    [InlineData("--metrics-listen", "192.0.2.1:8080")]
    [InlineData("--listen", "[2001:db8::1]:8443")]
    public async Task Address_of_another_machine_is_told_by_its_option(string option, string address)
    {
        var line = await OnlyLineAsync(option, address);
        Assert.StartsWith($"{option}: \"{address}\": this machine has no ", line);
    }

    [Theory]
    [InlineData(":18443", ":18443")]
    [InlineData(":18443", "127.0.0.1:18443")]
    [InlineData("127.0.0.1:18443", "localhost:18443")]
    public async Task Both_listeners_on_one_port_are_refused(string listen, string metrics) =>
        Assert.Equal(
            $"--metrics-listen: \"{metrics}\": --listen has port 18443 already: expected another port",
            await OnlyLineAsync("--listen", listen, "--metrics-listen", metrics));

    [Fact]
    public async Task Check_needs_no_port_and_prints_the_settings_in_use()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        (var exit, var output, var errors) = await RunAsync(
            false, "--check", "--listen", $"{other.LocalEndpoint}", "--probe", "false");
        Assert.True(exit == 0, errors);
        Assert.StartsWith("local-address=169.254.20.10 cluster-dns=10.96.0.10 cluster-domain=cluster.local ", output);
    }

    private Task<string> OnlyLineAsync(string option, string address, bool unprivileged = false) =>
        OnlyLineAsync(
            unprivileged,
            option, address, option == "--listen" ? "--metrics-listen" : "--listen", "127.0.0.1:0");

    private Task<string> OnlyLineAsync(params string[] listeners) => OnlyLineAsync(false, listeners);

    private async Task<string> OnlyLineAsync(bool unprivileged, params string[] listeners)
    {
        (var exit, _, var errors) = await RunAsync(unprivileged, listeners);
        Assert.True(exit == 1, $"exit {exit}: {errors}");
        return Assert.Single(errors.TrimEnd('\n').Split('\n'));
    }

    private async Task<(int Exit, string Output, string Errors)> RunAsync(bool unprivileged, params string[] options)
    {
        (var certificate, var key) = _certificates.Issue();
        var program = Path.Combine(AppContext.BaseDirectory, "node-dns-webhook");
        // A root without this capability is refused like anybody else, in a network namespace with the kernel's default
        // for what is privileged.
        string[] words = unprivileged
            ? ["unshare", "--net", "sh", "-c", "ip link set lo up; exec setpriv --bounding-set=-net_bind_service \"$@\"", "sh", program]
            : [program];
        var start = new ProcessStartInfo(words[0]) { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            .. words[1..], .. options, "--tls-cert", _folder.Write("tls.crt", certificate),
            "--tls-key", _folder.Write("tls.key", key), "--cluster-dns", "10.96.0.10", "--cluster-domain", "cluster.local",
            "--host-searches", "none",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, errors);
    }
}
