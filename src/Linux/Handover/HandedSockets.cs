using NodeDns.Linux.Sockets;

namespace NodeDns.Linux.Handover;

/// <summary>What a guard gave to a cache.</summary>
/// <param name="Sockets">Every listening socket. The cache has to close them; the guard keeps its own
/// duplicates.</param>
/// <param name="Entries">The cache entries of a predecessor, positioned at the start, or null. Whoever loads them
/// disposes the stream.</param>
/// <param name="Client">The open connection to the guard. Start it once the workers exist.</param>
public sealed record HandedSockets(IReadOnlyList<ListenSocket> Sockets, Stream? Entries, HandoverClient Client);
