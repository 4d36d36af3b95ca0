using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Query;
using NodeDns.Cache.Serve;
using NodeDns.Cache.Store;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Talkers;
using NodeDns.Telemetry.Tap;
using NodeDns.Testing.Messages;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Tests.Query;

/// <summary>One worker's main path without sockets: a Corefile, a clock that the test moves, and upstreams that answer
/// when the test says so. Workers of one harness share store and in-flight table.</summary>
internal sealed class QueryHarness : IDisposable
{
    private static readonly IPEndPoint s_client = new(IPAddress.Parse("192.0.2.7"), 40_000);

    private readonly HeldClock _clock = new();
    private readonly QueryShared _shared;
    private readonly LogOutput _lines = new(Stream.Null);

    public QueryHarness(string corefile, int workers = 1, long memory = 4 << 20, bool countsClients = true)
    {
        _shared = new QueryShared(new AnswerStore(memory), new InFlightTable(), new MetricRegistry(), NullLogger.Instance)
        {
            Talkers = new TopTalkers(countsClients),
        };
        Model = Put(corefile);
        Workers = [.. Enumerable.Range(0, workers).Select(_ => new Worker(this))];
    }

    public ServeModel Model { get; private set; }

    public IReadOnlyList<Worker> Workers { get; }

    public AnswerStore Store => _shared.Store;

    public InFlightTable InFlight => _shared.InFlight;

    /// <summary>The first worker's.</summary>
    public TapRing Tap => _shared.Taps.Attached[0];

    /// <summary>Bugs that the main path caught.</summary>
    public long Panics => _shared.Registry.Read(_shared.Registry.Counter(MetricNames.Panics, MetricNames.PanicsHelp));

    /// <summary>The first server of the Corefile.</summary>
    public ServerModel Server => Model.Queries.Servers.First();

    public long NowMs
    {
        get => _clock.NowMs;
        set
        {
            _clock.Ms = value;
            foreach (var worker in Workers)
            {
                worker.Turn();
            }
        }
    }

    /// <summary>Puts another file in force, as a reload does.</summary>
    public void Reload(string corefile)
    {
        Model = Put(corefile);
        foreach (var worker in Workers)
        {
            worker.Use(Model);
        }
    }

    /// <summary>The last octet of the first server of a forward directive.</summary>
    public int ServerOf(int forward) => Model.Queries.Servers.SelectMany(server => server.Zones.Zones)
        .SelectMany(zone => zone.Block.Forwards).First(known => known.Index == forward)
        .Options.Servers[0].Address.Address.GetAddressBytes()[^1];

    /// <summary>Asks the first worker.</summary>
    public DnsMessage? Ask(string name, string type = "A") => Workers[0].Ask(DnsMessage.Query(name, type, 1).ToBytes());

    public void Dispose()
    {
        foreach (var worker in Workers)
        {
            worker.Loop.Dispose();
        }

        _lines.Dispose();
        _shared.Store.Dispose();
    }

    private ServeModel Put(string corefile)
    {
        var read = CorefileLoader.Load("Corefile", corefile, new CorefileOptions());
        var config = read.Errors.Length == 0 ? read.Config! : throw new FormatException(string.Join('\n', read.Errors));
        var model = new ModelBuilder(config, _shared.Registry, NullLoggerFactory.Instance, _lines).Build();
        model.PutInForce(_shared);
        return model;
    }

    private sealed class HeldClock : MonotonicClock
    {
        public long Ms { get; set; } = 1_000_000;

        public override long NowMs => Ms;
    }

    internal sealed class Worker : IReplySink
    {
        private readonly QueryHarness _harness;
        private readonly byte[] _reply = new byte[QueryHandler.MaxMessage];

        public Worker(QueryHarness harness)
        {
            _harness = harness;
            Loop = new EventLoop(harness._clock);
            Handler = new QueryHandler(Loop, harness._shared);
            Use(harness.Model);
        }

        public EventLoop Loop { get; }

        public QueryHandler Handler { get; }

        /// <summary>One for each forward directive, in the order of the file.</summary>
        public IReadOnlyList<HeldForwarder> Upstreams { get; private set; } = [];

        /// <summary>Questions whose clients get no reply.</summary>
        public int Forgotten { get; private set; }

        /// <summary>Replies that came later, in order.</summary>
        public List<byte[]> Late { get; } = [];

        /// <returns>The reply that was ready at once; null when there was none.</returns>
        public DnsMessage? Ask(byte[] query, bool tcp = false, int size = QueryHandler.MaxMessage, string? client = null) =>
            AskRaw(query, tcp, size, client) is { } reply ? DnsMessage.Parse(reply) : null;

        public byte[]? AskRaw(byte[] query, bool tcp = false, int size = QueryHandler.MaxMessage, string? client = null)
        {
            var to = new ReplyTo(this, 0, SocketAddress.From(client is null ? s_client : new IPEndPoint(IPAddress.Parse(client), 40_000)), tcp);
            var outcome = Handler.Handle(_harness.Server, query, to, _reply.AsSpan(0, size));
            return outcome.IsReply ? _reply[..outcome.Length] : null;
        }

        public void Use(ServeModel model)
        {
            Upstreams = [.. model.Groups.Select(_ => new HeldForwarder())];
            Handler.Use([.. Upstreams]);
        }

        /// <summary>Runs what is posted and due.</summary>
        public void Turn() => Loop.RunTurn(0);

        public void Reply(in ReplyTo to, ReadOnlySpan<byte> message) => Late.Add(message.ToArray());

        public void Forget(in ReplyTo to) => Forgotten++;
    }

    /// <summary>Keeps every query until the test answers it.</summary>
    internal sealed class HeldForwarder : IForwarder
    {
        private readonly Queue<(byte[] Query, IExchangeOwner Owner)> _held = new();

        public bool IsKnownDead { get; set; }

        public bool IsRetired => false;

        /// <summary>Every query meets a bug from now on.</summary>
        public bool IsBroken { get; set; }

        public int Count => _held.Count;

        public void Forward(ReadOnlySpan<byte> query, bool clientUsedTcp, IExchangeOwner owner)
        {
            if (IsBroken)
            {
                throw new InvalidOperationException("a bug");
            }
            _held.Enqueue((query.ToArray(), owner));
        }

        public byte[] NextRaw => _held.Peek().Query;

        public DnsMessage Next => DnsMessage.Parse(_held.Peek().Query);

        /// <summary>Answers the oldest query.</summary>
        public void Answer(Action<DnsMessage> fill)
        {
            var reply = DnsMessage.ReplyTo(Next);
            fill(reply);
            AnswerRaw(reply.ToBytes());
        }

        public void AnswerRaw(byte[] message) => _held.Dequeue().Owner.OnAnswer(message, default);

        public void Fail(UpstreamError error) => _held.Dequeue().Owner.OnFailure(error);
    }
}
