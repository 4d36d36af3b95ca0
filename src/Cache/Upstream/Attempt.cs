using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>One attempt to send an exchange's query, over UDP or on a connection, that may still be answered.</summary>
internal struct Attempt
{
    public UpstreamState? Server;
    public UdpPort? Port;
    public StreamConnection? Connection;
    public UpstreamProto Proto;

    /// <summary>The message id of the query on its port or connection.</summary>
    public ushort Id;

    /// <summary>The query was sent without its OPT record.</summary>
    public bool Plain;

    /// <summary>The UDP payload size that the query offered, in octets.</summary>
    public int Offered;

    /// <summary>When it was sent, on the loop's clock.</summary>
    public long SentMs;

    /// <summary>When it was sent, in Stopwatch ticks.</summary>
    public long SentTicks;

    public readonly bool IsOpen => Server is not null;
}
