using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>One send of an exchange's query that may still be answered: by UDP or on a connection.</summary>
internal struct Attempt
{
    public UpstreamState? Server;
    public UdpChannel? Channel;
    public StreamConnection? Connection;
    public UpstreamProto Proto;

    /// <summary>The id it has on its connection.</summary>
    public ushort Id;

    /// <summary>Sent without the query's OPT record.</summary>
    public bool Plain;

    /// <summary>The UDP payload size it promised to take, in octets.</summary>
    public int Offered;

    /// <summary>The loop's clock.</summary>
    public long SentMs;

    /// <summary>Stopwatch ticks.</summary>
    public long SentTicks;

    public readonly bool IsOpen => Server is not null;
}
