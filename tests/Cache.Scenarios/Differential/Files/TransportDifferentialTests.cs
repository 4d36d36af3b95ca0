using System.Globalization;
using System.Net;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Scenarios.Differential.Files;

/// <summary>What CoreDNS and we serve where a scheme stands before a zone and nothing gives a certificate.</summary>
public sealed class TransportDifferentialTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodedns-transport-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Beside the zone stands one that both serve, so that a start can be seen.</summary>
    /// <param name="zone">With PORT for its port.</param>
    /// <param name="expected">What each of them answers: over TCP and over UDP; or that it does not start.</param>
    [Theory]
    [InlineData("dns://.:PORT", "tcp yes, udp yes")]
    [InlineData("tls://.:PORT", "tcp yes, udp no")]
    [InlineData("tls://.:PORT dns://.:PORT", "tcp yes, udp yes")]
    [InlineData("grpc://.:PORT", "tcp no, udp no")]
    [InlineData("https://.:PORT", "tcp no, udp no")]
    [InlineData("unix://.:PORT", "tcp no, udp no")]
    [InlineData("quic://.:PORT", "does not start")]
    [InlineData("https3://.:PORT", "does not start")]
    public async Task Both_serve_a_zone_with_a_scheme_alike(string zone, string expected)
    {
        var coreDns = CoreDnsBinary.Unpack(_folder);
        Assert.SkipWhen(coreDns is null, "no coredns.tar.xz in CLUSTER_TOOLS: nothing to compare with");
        var theirs = await Served(zone, coreDns!, "-conf");
        var ours = await Served(
            zone, "dotnet", Path.Combine(AppContext.BaseDirectory, "node-dns-cache.dll"), "serve", "--conf");
        output.WriteLine($"CoreDNS: {theirs}; ours: {ours}");
        Assert.Equal(expected, theirs);
        Assert.Equal(expected, ours);
    }

    private async Task<string> Served(string zone, string program, params string[] arguments)
    {
        int[] ports = [Ports.Next(), Ports.Next()];
        var file = Path.Combine(_folder, $"Corefile.{ports[0]}");
        await File.WriteAllTextAsync(file, $"started.a.example.com:{ports[0]} {{\nbind 127.0.0.1\nwhoami\n}}\n"
            + zone.Replace("PORT", ports[1].ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            + " {\nbind 127.0.0.1\nwhoami\n}\n");
        try
        {
            using var server = await ServerProcess.Start(
                new IPEndPoint(IPAddress.Loopback, ports[0]), program, [.. arguments, file]);
            var asked = new IPEndPoint(IPAddress.Loopback, ports[1]);
            return $"tcp {await Answers(asked, overTcp: true)}, udp {await Answers(asked, overTcp: false)}";
        }
        catch (InvalidOperationException refused)
        {
            output.WriteLine(refused.Message);
            return "does not start";
        }
    }

    private static async Task<string> Answers(IPEndPoint server, bool overTcp)
    {
        try
        {
            using var pending = await PendingReply.Send(server, DnsMessage.Query("www.test.", "A", 7).ToBytes(), overTcp);
            // An HTTP/2 server talks first, of something else.
            return await pending.Receive(TimeSpan.FromSeconds(2)) is [0, 7, ..] ? "yes" : "no";
        }
        catch (Exception none) when (none is System.Net.Sockets.SocketException or IOException)
        {
            return "no";
        }
    }
}
