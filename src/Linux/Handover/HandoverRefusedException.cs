namespace NodeDns.Linux.Handover;

/// <summary>The guard refuses to give its sockets to this cache; the message tells why.</summary>
public sealed class HandoverRefusedException(string reason) : Exception($"the guard refused: {reason}");
