namespace NodeDns.Testing.Messages;

/// <summary>The OPT pseudo-record (RFC 6891 section 6.1).</summary>
/// <param name="Options">Raw option octets: code, length, data, one after another.</param>
public sealed record DnsEdns(ushort UdpSize = 1232, bool Do = false, byte Version = 0, byte[]? Options = null);
