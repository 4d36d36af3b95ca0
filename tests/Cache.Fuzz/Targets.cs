using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Query;
using NodeDns.Cache.Serve;
using NodeDns.Cache.Store;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Fuzz;

/// <summary>The main path without sockets, fed with octets.</summary>
internal static class Targets
{
    internal delegate void Target(ReadOnlySpan<byte> octets);

    private const string Corefile =
        ".:53 {\n cache 30 {\n serve_stale\n prefetch 1\n }\n loadbalance\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n"
        + "re.example:53 {\n rewrite name suffix .re.example .example answer auto\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n"
        + "six.example:53 {\n dns64 {\n allow_ipv4\n }\n minimal\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n";

    public static Target? Named(string name) => name switch
    {
        "query" => Query,
        "answer" => Answer,
        "snapshot" => Snapshot,
        "handover" => Handover,
        _ => null,
    };

    private static void Query(ReadOnlySpan<byte> octets) => new Path().Ask(octets);

    /// <summary>The first octet chooses the zone, the rest is the answer's flags, counts and records.</summary>
    private static void Answer(ReadOnlySpan<byte> octets)
    {
        if (octets.Length < 10)
        {
            return;
        }

        var name = (octets[0] % 3) switch { 0 => "www.example", 1 => "www.re.example", _ => "www.six.example" };
        var wireName = DnsName.ParseLower(name);
        var query = new byte[DnsHeader.Length + wireName.Length + 4];
        DnsHeader.SetQdCount(query, 1);
        QuestionReader.Write(query.AsSpan(DnsHeader.Length), wireName, octets[0] < 128 ? Qtype.A : Qtype.AAAA, Qclass.IN);
        var path = new Path();
        path.Ask(query);
        while (path.Held.TryDequeue(out var held))
        {
            var end = DnsHeader.Length + DnsName.LengthOf(held.Query.AsSpan(DnsHeader.Length)) + 4;
            byte[] answer = [.. held.Query.AsSpan(0, end), .. octets[9..]];
            octets.Slice(1, 2).CopyTo(answer.AsSpan(2));
            octets.Slice(3, 6).CopyTo(answer.AsSpan(6));
            answer[2] |= 0x80;
            held.Owner.OnAnswer(answer, default);
        }
        path.Ask(query);
    }

    private static void Snapshot(ReadOnlySpan<byte> octets)
    {
        using var store = new AnswerStore(CellArena.MinimumBytes);
        var scope = store.Scope("a");
        StoreSnapshot.Import(store, new MemoryStream(octets.ToArray()), 0, 0, new Dictionary<string, ushort> { ["a"] = scope });
        var key = new AnswerKey(DnsName.ParseLower("www.example"), Qtype.A, Qclass.IN, scope, 0);
        store.TryGet(key, new GetOptions(0), new byte[512], 29, out _);
    }

    /// <summary>What a process without privilege sends to the guard.</summary>
    private static void Handover(ReadOnlySpan<byte> octets)
    {
        if (HandoverMessage.Decode(octets) is not { } message)
        {
            return;
        }
        var wanted = message.EndPoints().ToList();
        if (wanted.Any(endPoint => ListenEndPoint.Parse(endPoint.ToString()) != endPoint))
        {
            throw new InvalidOperationException($"an endpoint that reads otherwise than it is written: {Convert.ToHexString(octets)}");
        }
        message.Sockets();
        _ = message.Numbers(HandoverTag.Turns).Count();
        HandoverVersion.Agree(HandoverVersion.Newest, message);
        if (!message.Encode().AsSpan().SequenceEqual(octets))
        {
            throw new InvalidOperationException($"a message that is written otherwise than it was read: {Convert.ToHexString(octets)}");
        }
    }

    private sealed class Path : IReplySink, IForwarder
    {
        private static readonly LogOutput s_lines = new(Stream.Null);
        private static readonly MetricRegistry s_registry = new();

        private readonly QueryHandler _handler;
        private readonly ServerModel _server;
        private readonly int _panics = s_registry.Counter(MetricNames.Panics, MetricNames.PanicsHelp);

        public Path()
        {
            var shared = new QueryShared(
                new AnswerStore(CellArena.MinimumBytes), new InFlightTable(), s_registry, NullLogger.Instance);
            var config = CorefileLoader.Load("Corefile", Corefile, new CorefileOptions()).Config!;
            var model = new ModelBuilder(config, shared.Registry, NullLoggerFactory.Instance, s_lines).Build();
            model.PutInForce(shared);
            _server = model.Queries.Servers.First();
            _handler = new QueryHandler(new EventLoop(), shared);
            _handler.Use([.. model.Groups.Select(_ => this)]);
        }

        public Queue<(byte[] Query, IExchangeOwner Owner)> Held { get; } = new();

        public bool IsKnownDead => false;

        public void Ask(ReadOnlySpan<byte> query)
        {
            var reply = new byte[1280];
            var to = new ReplyTo(this, 0, SocketAddress.From(new IPEndPoint(IPAddress.Loopback, 4000)), isTcp: false);
            var outcome = _handler.Handle(_server, query, to, reply);
            if (outcome.IsReply)
            {
                Check(reply.AsSpan(0, outcome.Length));
            }

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

        private static void Check(ReadOnlySpan<byte> reply)
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
}
