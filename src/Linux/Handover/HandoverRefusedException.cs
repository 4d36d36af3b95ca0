namespace NodeDns.Linux.Handover;

/// <summary>A guard will not hand its sockets to this cache; the message says why.</summary>
public sealed class HandoverRefusedException(string reason) : Exception($"the guard refused: {reason}");
