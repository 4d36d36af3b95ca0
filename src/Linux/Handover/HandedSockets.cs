using NodeDns.Linux.Sockets;

namespace NodeDns.Linux.Handover;

/// <summary>What a guard gave to a cache.</summary>
/// <param name="Sockets">Every listening socket; now the cache's to close. The guard keeps its own duplicates.</param>
/// <param name="Entries">A predecessor's cache entries, positioned at the start, or null. Whoever loads them
/// disposes it.</param>
/// <param name="Client">The open connection: start it once the workers exist.</param>
public sealed record HandedSockets(IReadOnlyList<ListenSocket> Sockets, Stream? Entries, HandoverClient Client);
