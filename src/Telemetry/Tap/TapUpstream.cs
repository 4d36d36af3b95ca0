using NodeDns.Linux.Interop;
using NodeDns.Telemetry.Dnstap;

namespace NodeDns.Telemetry.Tap;

/// <summary>The server that an answer came from, and how long it took; default when none was asked.</summary>
public readonly record struct TapUpstream(
    SocketAddress Server, long DurationNs, DnstapProtocol Protocol = DnstapProtocol.Udp);
