using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeDns.Cache.Commands;
using NodeDns.Cache.Serve;
using NodeDns.Telemetry;
using NodeDns.Testing;
using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Tests.Telemetry;

/// <summary>A whole `serve` on loopback with every directive that counts something, asked a little of everything again
/// and again.</summary>
public sealed class LiveServer : IDisposable
{
    private readonly FakeUpstream _upstream = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("nodedns-").FullName;
    private readonly CacheServer _server;
    private readonly Thread _thread;
    private readonly Thread _clients;
    private readonly MemoryStream _logged = new();
    private readonly StderrLogger _log;
    private readonly IPEndPoint _dns = new(IPAddress.Loopback, Ports.Next());
    private readonly CancellationTokenSource _stop = new();

    public LiveServer()
    {
        _log = new StderrLogger(_logged);
        _upstream.On("servfail.test.", "A", FakeAnswer.Denial("SERVFAIL"));
        _upstream.On("v4only.test.", "AAAA", FakeAnswer.Denial("NOERROR", "test. 60 IN SOA ns. root. 1 2 3 4 5"));
        _upstream.Otherwise = question => question.Name.StartsWith("nx", StringComparison.Ordinal)
            ? FakeAnswer.Denial("NXDOMAIN", "test. 60 IN SOA ns. root. 1 2 3 4 5")
            : FakeAnswer.With($"{question.Name} 60 IN A 10.0.0.1");

        var dead = Ports.Next();
        var hosts = Path.Combine(_directory, "hosts");
        File.WriteAllText(hosts, "10.0.0.9 host.test\n");
        var corefile = Path.Combine(_directory, "Corefile");
        File.WriteAllText(
            corefile,
            $$"""
            . {
                bind 127.0.0.1
                prometheus 127.0.0.1:{{Metrics.Port}} {
                    runtime_metrics
                }
                health 127.0.0.1:{{Ports.Next()}}
                errors
                dnstap {{_directory}}/nobody.sock
                reload
                loop
                local
                dns64 {
                    allow_ipv4
                }
                acl blocked.test {
                    block
                }
                acl filtered.test {
                    filter
                }
                acl dropped.test {
                    drop
                }
                cache 30
                template IN A template.test {
                    answer "NAME 60 IN A 10.0.0.2"
                }
                template IN A broken.test {
                    answer "NAME 60 IN A nonsense"
                }
                hosts {{hosts}} {
                    fallthrough
                }
                forward . 127.0.0.1:{{_upstream.EndPoint.Port}}
            }
            other.test {
                bind 127.0.0.1
                prometheus 127.0.0.1:{{Metrics.Port}}
                cache 30
                forward . 127.0.0.1:{{_upstream.EndPoint.Port}} {
                    force_tcp
                    endpoints pods.test
                }
            }
            dead.test {
                bind 127.0.0.1
                prometheus 127.0.0.1:{{Metrics.Port}}
                forward . 127.0.0.1:{{dead}}
            }
            """.Replace("NAME", "{{ .Name }}", StringComparison.Ordinal));

        var options = new ServeOptions { ConfigFile = corefile, DnsPort = _dns.Port, Workers = 2 };
        _server = new CacheServer(options, ServeCommand.Reading(options), _log);
        _thread = new Thread(() => _server.Run());
        _thread.Start();
        if (!_server.Started.Wait(TimeSpan.FromSeconds(30)))
        {
            throw new InvalidOperationException(Encoding.UTF8.GetString(_logged.ToArray()));
        }

        _clients = new Thread(AskAgainAndAgain);
        _clients.Start();
        if (!FirstRound.Wait(TimeSpan.FromSeconds(60)))
        {
            throw new InvalidOperationException("the first round of questions was not answered");
        }
    }

    public IPEndPoint Metrics { get; } = new(IPAddress.Loopback, Ports.Next());

    /// <summary>Set once everything has been asked.</summary>
    private ManualResetEventSlim FirstRound { get; } = new();

    public string Scrape()
    {
        using var http = new HttpClient();
        return http.GetStringAsync(new Uri($"http://{Metrics}/metrics")).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _clients.Join();
        _server.Stop("test");
        _thread.Join();
        _server.Dispose();
        _upstream.Dispose();
        _log.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void AskAgainAndAgain()
    {
        for (var round = 0; !_stop.IsCancellationRequested; round++)
        {
            foreach ((var name, var type) in new[]
            {
                ("hit.test.", "A"), ($"miss{round}.test.", "A"), ($"miss{round}.other.test.", "A"), ("hit.other.test.", "A"),
                ("nx.test.", "A"), ($"nx{round}.test.", "AAAA"), ("servfail.test.", "A"), ("v4only.test.", "AAAA"),
                ("blocked.test.", "A"), ("filtered.test.", "A"), ("a.localhost.", "A"), ("a.template.test.", "A"),
                ("broken.test.", "A"), ("host.test.", "A"), ("hit.test.", "MX"), ("4.3.2.1.in-addr.arpa.", "PTR"),
            })
            {
                Ask(name, type, tcp: false);
                Ask(name, type, tcp: true);
            }
            Ask("a.dead.test.", "A", tcp: false, waitMs: 6000);
            if (round == 0)
            {
                Ask("dropped.test.", "A", tcp: false, waitMs: 50);
            }

            FirstRound.Set();
            _stop.Token.WaitHandle.WaitOne(200);
        }
    }

    private void Ask(string name, string type, bool tcp, int waitMs = 3000)
    {
        var query = DnsMessage.Query(name, type, id: 7);
        query.Edns = new DnsEdns(Do: true);
        var octets = query.ToBytes();
        using var socket = new Socket(
            AddressFamily.InterNetwork, tcp ? SocketType.Stream : SocketType.Dgram, ProtocolType.IP)
        {
            ReceiveTimeout = waitMs,
        };
        try
        {
            socket.Connect(_dns);
            if (tcp)
            {
                socket.Send([(byte)(octets.Length >> 8), (byte)octets.Length, .. octets]);
            }
            else
            {
                socket.Send(octets);
            }

            socket.Receive(new byte[4096]);
        }
        catch (SocketException)
        {
            // No answer: then the scrape lacks what the test looks for, and says so better.
        }
    }
}
