using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>A parsed query of a client, as the main path passes it on. Its spans point into the listener's
/// buffers.</summary>
internal readonly ref struct ClientQuery(ref readonly ReplyTo to)
{
    public readonly ref readonly ReplyTo To = ref to;

    public required ReadOnlySpan<byte> Message { get; init; }

    /// <summary>Name, type and class as the client sent them.</summary>
    public required ReadOnlySpan<byte> Question { get; init; }

    /// <summary>Lower-case qname.</summary>
    public required ReadOnlySpan<byte> Name { get; init; }

    public required Qtype Type { get; init; }

    public required Qclass Class { get; init; }

    public required ClientNeeds Needs { get; init; }

    public required ServerModel Server { get; init; }

    public required ZoneModel Zone { get; init; }

    /// <summary>The worker's forwarders for <see cref="Zone"/>'s configuration, by <see cref="ForwardModel.Index"/>.
    /// They belong to the query because one of our own questions may be asked after a reload.</summary>
    public required IForwarder[] Forwarders { get; init; }

    /// <summary>Stopwatch ticks at the time the query was read.</summary>
    public required long ReceivedTicks { get; init; }

    public bool IsTcp => To.IsTcp;

    public int QuestionEnd => DnsHeader.Length + Question.Length;

    public KeyFlags KeyFlags => (Needs.DnssecOk ? KeyFlags.DnssecOk : 0)
        | ((Needs.Flags & DnsHeader.CD) != 0 ? KeyFlags.CheckingDisabled : 0);

    /// <summary>The query as plugins see it, with another question in place of the client's (after a
    /// rewrite).</summary>
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
