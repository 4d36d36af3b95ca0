using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Query;
using NodeDns.Cache.Serve;
using NodeDns.Cache.Store;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Fuzz;

/// <summary>The way of a query through the cache, without sockets. Every reply is checked.</summary>
internal sealed class MainPath : IReplySink, IForwarder
{
    private const string Corefile =
        ".:53 {\n cache 30 {\n serve_stale\n prefetch 1\n }\n loadbalance\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n"
        + "re.example:53 {\n rewrite name suffix .re.example .example answer auto\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n"
        + "six.example:53 {\n dns64 {\n allow_ipv4\n }\n minimal\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n";

    private static readonly LogOutput s_lines = new(Stream.Null);
    private static readonly MetricRegistry s_registry = new();

    private readonly int _panics = s_registry.Counter(MetricNames.Panics, MetricNames.PanicsHelp);

    public MainPath()
    {
        var shared = new QueryShared(
            new AnswerStore(CellArena.MinimumBytes), new InFlightTable(), s_registry, NullLogger.Instance);
        var config = CorefileLoader.Load("Corefile", Corefile, new CorefileOptions()).Config!;
        var model = new ModelBuilder(config, shared.Registry, NullLoggerFactory.Instance, s_lines).Build();
        model.PutInForce(shared);
        Server = model.Queries.Servers.First();
        Loop = new EventLoop();
        Handler = new QueryHandler(Loop, shared);
        Handler.Use([.. model.Groups.Select(_ => this)]);
    }

    public EventLoop Loop { get; }

    public QueryHandler Handler { get; }

    public ServerModel Server { get; }

    public Queue<(byte[] Query, IExchangeOwner Owner)> Held { get; } = new();

    public bool IsKnownDead => false;

    public bool IsRetired => false;

    public void Ask(ReadOnlySpan<byte> query)
    {
        var reply = new byte[1280];
        var to = new ReplyTo(this, 0, SocketAddress.From(new IPEndPoint(IPAddress.Loopback, 4000)), isTcp: false);
        var outcome = Handler.Handle(Server, query, to, reply);
        if (outcome.IsReply)
        {
            Check(reply.AsSpan(0, outcome.Length));
        }

        ThrowIfItThrew();
    }

    public void ThrowIfItThrew()
    {
        if (s_registry.Read(_panics) > 0)
        {
            throw new InvalidOperationException("the main path threw");
        }
    }

    public void Forward(ReadOnlySpan<byte> query, bool clientUsedTcp, IExchangeOwner owner) =>
        Held.Enqueue((query.ToArray(), owner));

    public void Reply(in ReplyTo to, ReadOnlySpan<byte> message) => Check(message);

    public void Forget(in ReplyTo to)
    {
    }

    public static void Check(ReadOnlySpan<byte> reply)
    {
        var isWhole = reply.Length >= DnsHeader.Length && (DnsHeader.Flags(reply) & DnsHeader.QR) != 0;
        if (isWhole && DnsHeader.QdCount(reply) == 1)
        {
            isWhole = QuestionReader.TryRead(reply, out var question);
            var records = new RecordReader(reply, question.End);
            while (isWhole && records.MoveNext())
            {
            }
            isWhole &= !records.IsMalformed;
        }
        if (!isWhole)
        {
            throw new InvalidOperationException($"a malformed reply: {Convert.ToHexString(reply)}");
        }
    }
}
