using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using NodeDns.Cache.Upstream;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

/// <summary>A forwarder on a loop that the test turns by hand, with a clock that only the test moves.</summary>
internal sealed class ForwarderHarness : IDisposable
{
    private readonly StepClock _clock = new();
    private readonly List<Forwarder> _forwarders = [];
    private readonly MemoryStream _log = new();
    private readonly StderrLogger _logger;

    public ForwarderHarness(Func<ForwardOptions, ForwardOptions>? with, params IPEndPoint[] servers)
        : this(with, [.. servers.Select(server => new UpstreamEndpoint(server))])
    {
    }

    public ForwarderHarness(Func<ForwardOptions, ForwardOptions>? with, ImmutableArray<UpstreamEndpoint> servers)
    {
        var options = new ForwardOptions { Servers = servers, Policy = SelectionPolicy.Sequential };
        Registry = new MetricRegistry();
        _logger = new StderrLogger(_log);
        Group = new UpstreamGroup(
            with?.Invoke(options) ?? options, Registry, _logger.CreateLogger("plugin/forward"));
        Loop = new EventLoop(_clock);
        Forwarder = AnotherWorker();
    }

    public MetricRegistry Registry { get; }

    public string[] LogLines =>
        Encoding.UTF8.GetString(_log.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public UpstreamGroup Group { get; }

    public EventLoop Loop { get; }

    public Forwarder Forwarder { get; }

    /// <summary>A second worker's forwarder of the same group; here it shares the loop.</summary>
    public Forwarder AnotherWorker() => ForwarderOf(Group);

    /// <summary>The worker's forwarder of another directive.</summary>
    public Forwarder AnotherForward(Func<ForwardOptions, ForwardOptions> with) =>
        ForwarderOf(new UpstreamGroup(with(Group.Options), Registry, _logger.CreateLogger("plugin/forward")));

    public Outcome Ask(
        string name, bool tcp = false, bool edns = false, Forwarder? by = null, ushort size = 1232)
    {
        var outcome = new Outcome();
        (by ?? Forwarder).Forward(Query(name, edns, size: size), tcp, outcome);
        Assert.False(outcome.IsDone, "called back from inside Forward");
        Turn();
        return outcome;
    }

    /// <summary>Turns the loop while there is something to do, without waiting.</summary>
    public void Turn()
    {
        for (var i = 0; i < 5; i++)
        {
            Loop.RunTurn(0);
        }
    }

    /// <summary>Moves the clock and lets due timers fire.</summary>
    public void Pass(long ms)
    {
        _clock.Ms += ms;
        Turn();
    }

    /// <summary>Turns the loop until something is true; only events can make it so, the clock stands still.</summary>
    public void Until(Func<bool> condition, string what)
    {
        for (var turns = 0; !condition(); turns++)
        {
            Assert.True(turns < 2000, $"{what} did not happen");
            Loop.RunTurn(10);
        }
    }

    public Outcome Finish(Outcome outcome)
    {
        Until(() => outcome.IsDone, "the outcome");
        return outcome;
    }

    /// <summary>The value of one series of the scrape, 0 when it is not there.</summary>
    public double Metric(string series)
    {
        var text = new System.Buffers.ArrayBufferWriter<byte>();
        Registry.Write(text);
        foreach (var line in Encoding.UTF8.GetString(text.WrittenSpan).Split('\n'))
        {
            if (line.StartsWith(series + " ", StringComparison.Ordinal))
            {
                return double.Parse(line[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
            }
        }
        return 0;
    }

    public void Dispose()
    {
        foreach (var forwarder in _forwarders)
        {
            forwarder.Dispose();
        }
        Turn();
        Loop.Dispose();
        _logger.Dispose();
    }

    private Forwarder ForwarderOf(UpstreamGroup group)
    {
        var forwarder = new Forwarder(Loop, group, Registry.AttachWorker());
        _forwarders.Add(forwarder);
        return forwarder;
    }

    public static byte[] Query(string name, bool edns = false, ushort type = 1, ushort size = 1232)
    {
        var bytes = new List<byte> { 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns ? (byte)1 : (byte)0 };
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }
        bytes.AddRange([0, (byte)(type >> 8), (byte)type, 0, 1]);
        if (edns)
        {
            bytes.AddRange([0, 0, 41, (byte)(size >> 8), (byte)size, 0, 0, 0, 0, 0, 0]);
        }
        return [.. bytes];
    }

    /// <summary>The first label of a query's or reply's question.</summary>
    public static string NameOf(byte[] message) => Encoding.ASCII.GetString(message, 13, message[12]);

    public sealed class Outcome : IExchangeOwner
    {
        public byte[]? Answer { get; private set; }

        public UpstreamError? Error { get; private set; }

        public bool IsDone => Answer is not null || Error is not null;

        public int Rcode => Answer![3] & 0xF;

        public bool IsTruncated => (Answer![2] & 2) != 0;

        public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(Answer);

        public void OnAnswer(ReadOnlySpan<byte> message, in TapUpstream from)
        {
            Assert.False(IsDone, "called back twice");
            Answer = message.ToArray();
        }

        public void OnFailure(UpstreamError error)
        {
            Assert.False(IsDone, "called back twice");
            Error = error;
        }
    }

    private sealed class StepClock : MonotonicClock
    {
        public long Ms { get; set; } = 1_000_000;

        public override long NowMs => Ms;
    }
}
