using NodeDns.Linux.Sockets;

namespace NodeDns.Linux.Handover;

/// <summary>What a guard may ask of a running cache. Called on the hand-over thread.</summary>
public interface IHandoverControl
{
    /// <summary>Stop reading the listening sockets, finish what has been read and accepted, then call
    /// <see cref="HandoverClient.Drained"/>. The process stays; a successor reads the same sockets.</summary>
    void Drain();

    /// <summary>The successor is gone: read again.</summary>
    void Resume();

    /// <summary>Write the cached answers, in whatever form <see cref="HandedSockets.Entries"/> is read.</summary>
    void ExportEntries(Stream to);

    /// <summary>Read these sockets too: the answer to <see cref="HandoverClient.Want"/>.</summary>
    void Add(IReadOnlyList<ListenSocket> sockets);
}
