using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry.Tap;

/// <summary>The server that gave an answer, and how long it took; default where none was asked.</summary>
public readonly record struct TapUpstream(SocketAddress Server, long DurationNs);
