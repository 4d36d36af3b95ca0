using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeDns.Cache.Upstream;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

public sealed class TlsForwardingTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tls");
    private readonly X509Certificate2 _certificate;
    private readonly string _caFile;
    private readonly string _keyFile;

    public TlsForwardingTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=dns.example", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("dns.example");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _certificate = request.CreateSelfSigned(
            DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        _caFile = Path.Combine(_directory.FullName, "ca.pem");
        _keyFile = Path.Combine(_directory.FullName, "key.pem");
        File.WriteAllText(_caFile, _certificate.ExportCertificatePem());
        File.WriteAllText(_keyFile, key.ExportPkcs8PrivateKeyPem());
    }

    [Fact]
    public void Queries_of_any_client_go_over_tls_pipelined_and_answered_out_of_order()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server, options => options with { Connections = 1 });
        var (one, two) = (cache.Ask("one"), cache.Ask("two", tcp: true));
        using var connection = Accept(cache, server);
        var (first, second) = (connection.Receive(cache), connection.Receive(cache));
        Assert.Equal(("one", "two"), (ForwarderHarness.NameOf(first), ForwarderHarness.NameOf(second)));
        connection.Send(ScriptedUpstream.Reply(second));
        cache.Finish(two);
        Assert.False(one.IsDone);
        connection.Send(ScriptedUpstream.Reply(first));
        cache.Finish(one);
        Assert.Equal("dns.example", connection.TlsServerName);
        Assert.Equal(1, cache.Metric(
            $"coredns_forward_conn_cache_hits_total{{to=\"{server.EndPoint}\",proto=\"tcp-tls\"}}"));
    }

    [Fact]
    public void A_connection_is_used_again_and_closed_when_it_expires()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server);
        var outcome = cache.Ask("n0");
        using var connection = Accept(cache, server);
        for (var i = 1; i < 5; i++)
        {
            connection.Send(ScriptedUpstream.Reply(connection.Receive(cache)));
            cache.Finish(outcome);
            outcome = cache.Ask($"n{i}");
        }
        connection.Send(ScriptedUpstream.Reply(connection.Receive(cache)));
        cache.Finish(outcome);
        Assert.False(server.HasConnection);
        cache.Pass(10_001);
        Assert.True(connection.IsClosedByClient);
    }

    [Fact]
    public void An_unanswered_query_of_a_closed_connection_is_sent_again()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server);
        var outcome = cache.Ask("warm");
        var first = Accept(cache, server);
        first.Send(ScriptedUpstream.Reply(first.Receive(cache)));
        cache.Finish(outcome);
        outcome = cache.Ask("again");
        first.Receive(cache);
        first.Close();
        cache.Until(() => server.HasConnection, "connecting anew");
        using var second = Accept(cache, server);
        second.Send(ScriptedUpstream.Reply(second.Receive(cache)));
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void Large_answers_come_through()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server);
        var outcome = cache.Ask("large");
        using var connection = Accept(cache, server);
        byte[] reply = [.. ScriptedUpstream.Reply(connection.Receive(cache)), .. new byte[60_000]];
        _ = Task.Run(() => connection.Send(reply));
        Assert.Equal(reply, cache.Finish(outcome).Answer);
    }

    [Fact]
    public void A_certificate_for_another_name_is_refused()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server, options => options with
        {
            MaxFails = 0,
            MaxConnectAttempts = 1,
            Tls = options.Tls! with { ServerName = "other.example" },
        });
        var outcome = cache.Ask("example.org");
        _ = Task.Run(() => server.AcceptTls(_certificate));
        Assert.Equal(UpstreamError.TlsFailed, cache.Finish(outcome).Error);
        Assert.Equal(
            "its certificate is not accepted for other.example: hostname mismatch",
            cache.Group.Servers[0].Trouble,
            ignoreCase: true);
    }

    [Fact]
    public void A_certificate_of_an_unknown_authority_is_refused()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server, options => options with
        {
            MaxFails = 0,
            MaxConnectAttempts = 1,
            Tls = options.Tls! with { CaFile = null },
        });
        var outcome = cache.Ask("example.org");
        _ = Task.Run(() => server.AcceptTls(_certificate));
        Assert.Equal(UpstreamError.TlsFailed, cache.Finish(outcome).Error);
    }

    [Fact]
    public void Without_a_name_the_address_must_be_in_the_certificate()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server, options => options with { Tls = options.Tls! with { ServerName = null } });
        var outcome = cache.Ask("example.org");
        using var connection = Accept(cache, server);
        connection.Send(ScriptedUpstream.Reply(connection.Receive(cache)));
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void A_servers_own_name_wins_over_tls_servername()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(
            server,
            options => options with { Tls = options.Tls! with { ServerName = "other.example" } },
            ownName: "dns.example");
        cache.Ask("example.org");
        using var connection = Accept(cache, server);
        Assert.Equal("dns.example", connection.TlsServerName);
    }

    [Fact]
    public void A_client_certificate_is_presented()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server, options => options with
        {
            Tls = options.Tls! with { CertificateFile = _caFile, KeyFile = _keyFile },
        });
        var outcome = cache.Ask("example.org");
        using var connection = Accept(cache, server, askForCertificate: true);
        Assert.Equal(_certificate.GetCertHashString(), connection.ClientCertificate?.GetCertHashString());
        connection.Send(ScriptedUpstream.Reply(connection.Receive(cache)));
        cache.Finish(outcome);
    }

    [Fact]
    public void A_refused_connection_is_reported_as_such()
    {
        using var server = new ScriptedUpstream(tcp: false);
        using var cache = Harness(server, options => options with { MaxFails = 0, MaxConnectAttempts = 1 });
        Assert.Equal(UpstreamError.Refused, cache.Finish(cache.Ask("example.org")).Error);
    }

    [Fact]
    public void A_ca_file_that_cannot_be_read_is_logged_at_once_and_every_query_fails()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server, options => options with
        {
            MaxFails = 0,
            MaxConnectAttempts = 1,
            Tls = options.Tls! with { CaFile = "/nowhere/ca.pem" },
        });
        var expected = $"[WARNING] plugin/forward: Upstream {server.EndPoint} is down: /nowhere/ca.pem: ";
        Assert.StartsWith(expected, Assert.Single(cache.LogLines));
        Assert.Equal(UpstreamError.TlsFailed, cache.Finish(cache.Ask("example.org")).Error);
    }

    [Fact]
    public void A_server_that_does_not_speak_tls_is_a_failure()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server, options => options with { MaxFails = 0, MaxConnectAttempts = 1 });
        var outcome = cache.Ask("example.org");
        using var connection = server.Accept();
        cache.Until(() => connection.HasData, "the handshake");
        connection.SendRaw("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        Assert.Equal(UpstreamError.TlsFailed, cache.Finish(outcome).Error);
    }

    [Fact]
    public void Large_bursts_survive_full_socket_buffers()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server, options => options with { Connections = 1, Pipeline = 256 });
        byte[] large = [.. ForwarderHarness.Query("large"), .. new byte[60_000]];
        var outcomes = new ForwarderHarness.Outcome[100];
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = new ForwarderHarness.Outcome();
            cache.Forwarder.Forward(large, false, outcomes[i]);
        }
        _ = Task.Run(() =>
        {
            using var connection = server.AcceptTls(_certificate);
            for (var i = 0; i < outcomes.Length; i++)
            {
                connection.Send(ScriptedUpstream.Reply(connection.Receive()));
            }
        });
        Assert.All(outcomes, outcome => Assert.Equal(0, cache.Finish(outcome).Rcode));
    }

    [Fact]
    public void A_warm_query_allocates_nothing()
    {
        using var server = new ScriptedUpstream();
        using var cache = Harness(server);
        var outcome = cache.Ask("warm");
        using var connection = Accept(cache, server);
        connection.Send(ScriptedUpstream.Reply(connection.Receive(cache)));
        cache.Finish(outcome);
        var owner = new WarmAllocationTests.Counting();
        var query = ForwarderHarness.Query("example.org");
        long allocated = 0;
        for (var i = 0; i < 200; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            cache.Forwarder.Forward(query, false, owner);
            cache.Loop.RunTurn(0);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            connection.Send(ScriptedUpstream.Reply(connection.Receive()));
            before = GC.GetAllocatedBytesForCurrentThread();
            while (owner.Answers <= i)
            {
                cache.Loop.RunTurn(1000);
            }
            allocated = i < 100 ? 0 : allocated + GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _directory.Delete(recursive: true);
    }

    /// <summary>The server's half of the handshake in the background, while the loop turns for ours.</summary>
    private ScriptedConnection Accept(ForwarderHarness cache, ScriptedUpstream server, bool askForCertificate = false)
    {
        ScriptedConnection? accepted = null;
        Task.Run(() => accepted = server.AcceptTls(_certificate, askForCertificate));
        cache.Until(() => Volatile.Read(ref accepted) is not null, "the handshake");
        return accepted!;
    }

    private ForwarderHarness Harness(
        ScriptedUpstream server, Func<ForwardOptions, ForwardOptions>? with = null, string? ownName = null)
    {
        var tls = new UpstreamTls { ServerName = "dns.example", CaFile = _caFile };
        return new ForwarderHarness(
            options => with?.Invoke(options with { Tls = tls }) ?? options with { Tls = tls },
            [new UpstreamEndpoint(server.EndPoint, Tls: true, ownName)]);
    }
}

internal static class TlsConnectionReading
{
    /// <summary>The next query, read in the background while the loop turns to send it.</summary>
    public static byte[] Receive(this ScriptedConnection connection, ForwarderHarness cache)
    {
        byte[]? query = null;
        Task.Run(() => query = connection.Receive());
        cache.Until(() => Volatile.Read(ref query) is not null, "the query");
        return query!;
    }
}
