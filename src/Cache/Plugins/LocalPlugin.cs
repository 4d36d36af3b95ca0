using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>local: answers localhost and the reverse zones of 0/8, 127/8 and 255/8, so that these queries do not leave
/// the node (RFC 6761 section 6.3, RFC 6303 section 4).</summary>
internal sealed class LocalPlugin : IQueryPlugin
{
    private const uint TtlSeconds = 604800;

    private static readonly byte[] s_localhost = DnsName.ParseLower("localhost.");
    private static readonly byte[] s_loopback = DnsName.ParseLower("1.0.0.127.in-addr.arpa.");
    private static readonly byte[][] s_zones =
    [
        s_localhost,
        DnsName.ParseLower("0.in-addr.arpa."),
        DnsName.ParseLower("127.in-addr.arpa."),
        DnsName.ParseLower("255.in-addr.arpa."),
    ];

    /// <summary>MNAME localhost., RNAME root.localhost., serial 1, refresh, retry and expire 0, minimum one
    /// week.</summary>
    private static readonly byte[] s_soa =
    [
        .. s_localhost, 4, .. "root"u8, .. s_localhost, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        (byte)(TtlSeconds >> 24), unchecked((byte)(TtlSeconds >> 16)), unchecked((byte)(TtlSeconds >> 8)),
        unchecked((byte)TtlSeconds),
    ];

    private readonly bool _localhostPrefix;
    private readonly MetricRegistry _registry;
    private readonly int _localhosts;

    public LocalPlugin(LocalConfig config, MetricRegistry registry)
    {
        _localhostPrefix = config.LocalhostPrefix;
        _registry = registry;
        _localhosts = registry.Counter(MetricNames.Localhost, MetricNames.LocalhostHelp);
    }

    public PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply)
    {
        var name = query.Name;
        if (name.Length > s_localhost.Length
            && (DnsName.IsWithin(name, s_localhost) || _localhostPrefix && name.StartsWith(s_localhost.AsSpan(0, 10))))
        {
            _registry.Increment(_localhosts);
            if (!TryAddLoopback(query.Type, ref reply))
            {
                AddSoa(name, ref reply);
            }

            return PluginVerdict.Answered;
        }

        foreach (var zone in s_zones)
        {
            if (!DnsName.IsWithin(name, zone))
            {
                continue;
            }

            AnswerInZone(query, zone, ref reply);
            return PluginVerdict.Answered;
        }
        return PluginVerdict.Next;
    }

    private static void AnswerInZone(in PluginQuery query, byte[] zone, ref ReplyWriter reply)
    {
        var isApex = query.Name.Length == zone.Length;
        if (isApex && query.Type == Qtype.SOA)
        {
            reply.TryAddAnswer(Qtype.SOA, TtlSeconds, s_soa);
        }
        else if (isApex && query.Type == Qtype.NS)
        {
            reply.TryAddAnswer(Qtype.NS, TtlSeconds, s_localhost);
        }
        else if (query.Name.SequenceEqual(s_loopback))
        {
            if (query.Type == Qtype.PTR)
            {
                reply.TryAddAnswer(Qtype.PTR, TtlSeconds, s_localhost);
            }
            else
            {
                AddSoa(zone, ref reply);
            }
        }
        else if (isApex)
        {
            if (zone != s_localhost || !TryAddLoopback(query.Type, ref reply))
            {
                AddSoa(zone, ref reply);
            }
        }
        else
        {
            reply.SetRcode(Rcode.NXDomain);
            AddSoa(zone, ref reply);
        }
    }

    private static bool TryAddLoopback(Qtype type, ref ReplyWriter reply) => type switch
    {
        Qtype.A => reply.TryAddAnswer(Qtype.A, TtlSeconds, [127, 0, 0, 1]),
        Qtype.AAAA => reply.TryAddAnswer(Qtype.AAAA, TtlSeconds, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        _ => false,
    };

    private static void AddSoa(ReadOnlySpan<byte> owner, ref ReplyWriter reply) =>
        reply.TryAdd(Section.Authority, owner, Qtype.SOA, Qclass.IN, TtlSeconds, s_soa);
}
