using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>A client's query, parsed: what travels down the main path. Views over the listener's buffers.</summary>
internal readonly ref struct ClientQuery(ref readonly ReplyTo to)
{
    public readonly ref readonly ReplyTo To = ref to;

    public required ReadOnlySpan<byte> Message { get; init; }

    /// <summary>Name, type and class as sent.</summary>
    public required ReadOnlySpan<byte> Question { get; init; }

    /// <summary>Lower-case qname.</summary>
    public required ReadOnlySpan<byte> Name { get; init; }

    public required Qtype Type { get; init; }

    public required Qclass Class { get; init; }

    public required ClientNeeds Needs { get; init; }

    public required ServerModel Server { get; init; }

    public required ZoneModel Zone { get; init; }

    /// <summary>The worker's way to the upstreams of <see cref="Zone"/>'s configuration, by
    /// <see cref="ForwardModel.Index"/>: a question of our own may come after another configuration.</summary>
    public required IForwarder[] Forwarders { get; init; }

    /// <summary>Stopwatch ticks when the query was read.</summary>
    public required long ReceivedTicks { get; init; }

    public bool IsTcp => To.IsTcp;

    public int QuestionEnd => DnsHeader.Length + Question.Length;

    public KeyFlags KeyFlags => (Needs.DnssecOk ? KeyFlags.DnssecOk : 0)
        | ((Needs.Flags & DnsHeader.CD) != 0 ? KeyFlags.CheckingDisabled : 0);

    /// <summary>The same query with another question, as a rewrite makes it.</summary>
    public PluginQuery ForPlugins(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name, Qtype type, Qclass @class) => new()
    {
        Message = message,
        Name = name,
        Type = type,
        Class = @class,
        Zone = Zone.Name,
        ClientAddress = To.Client.Address,
        ClientPort = To.Client.Port,
        IsTcp = IsTcp,
        DnssecOk = Needs.DnssecOk,
        Server = Server.EndPoint,
    };

    public PluginQuery ForPlugins() => ForPlugins(Message, Name, Type, Class);
}
