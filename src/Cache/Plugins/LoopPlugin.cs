using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>loop: detects an upstream that sends queries back to us. It asks a random name at our own address; if that
/// question arrives a second time, there is a loop.</summary>
/// <remarks>Unlike in CoreDNS the process does not exit, because that would stop the node's other zones too. The loop
/// is logged and counted, and the question that came back gets SERVFAIL. While <see cref="IsLooping"/> is true, the
/// query path answers SERVFAIL instead of forwarding, until a later probe succeeds. The owner of the server sends the
/// question.</remarks>
internal sealed class LoopPlugin : IQueryPlugin
{
    /// <summary>How many random octets a name needs.</summary>
    public const int RandomOctets = 16;

    private readonly string _zone;
    private readonly ILogger _log;
    private readonly MetricRegistry _registry;
    private readonly int _detected;

    // Written by the probe's thread, read by all workers.
    private volatile byte[] _name = [];
    private int _seen;
    private volatile bool _looping;

    /// <param name="zone">The block's first zone.</param>
    public LoopPlugin(string zone, MetricRegistry registry, ILogger log)
    {
        _zone = zone;
        _log = log;
        _registry = registry;
        _detected = registry.Counter(MetricNames.LoopsDetected, MetricNames.LoopsDetectedHelp, ("zone", zone));
    }

    public string Zone => _zone;

    /// <summary>The last probe came back, and no other upstream answered it: whatever is forwarded for this zone goes in
    /// circles.</summary>
    public bool IsLooping => _looping;

    public PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply)
    {
        if (query.Type != Qtype.HINFO || !query.Name.SequenceEqual(_name) || Interlocked.Increment(ref _seen) < 2)
        {
            return PluginVerdict.Next;
        }

        _registry.Increment(_detected);
        if (!_looping)
        {
            var client = new IPEndPoint(new IPAddress(query.ClientAddress), query.ClientPort);
            _log.LoopDetected(client.ToString(), _zone, DnsName.ToText(query.Name));
        }
        reply.SetRcode(Rcode.ServFail);
        return PluginVerdict.Answered;
    }

    /// <summary>Makes a new name for the next probe: two labels of 62 random bits each, in the zone.</summary>
    /// <param name="random"><see cref="RandomOctets"/> of them.</param>
    /// <returns>Lower-case wire form.</returns>
    public byte[] NewName(ReadOnlySpan<byte> random)
    {
        ulong first = BitConverter.ToUInt64(random) >> 2, second = BitConverter.ToUInt64(random[8..]) >> 2;
        var text = string.Create(CultureInfo.InvariantCulture, $"{first}.{second}.{(_zone == "." ? "" : _zone)}");
        Volatile.Write(ref _seen, 0);
        return _name = DnsName.ParseLower(text);
    }

    /// <summary>Records the rcode that the probe was answered with.</summary>
    /// <returns>true when there is a loop, and the probe should be repeated soon.</returns>
    public bool ProbeAnswered(Rcode rcode)
    {
        // If another upstream does answer, only some questions go in circles, and the other upstream answers those too.
        var circled = Volatile.Read(ref _seen) > 1 && rcode == Rcode.ServFail;
        if (_looping && !circled)
        {
            _log.LoopGone(_zone);
        }

        _looping = circled;
        return circled;
    }
}
