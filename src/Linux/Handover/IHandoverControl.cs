using System.Net;
using NodeDns.Linux.KernelAnswers;
using NodeDns.Linux.Sockets;

namespace NodeDns.Linux.Handover;

/// <summary>What a guard can ask of a running cache. Called on the hand-over thread.</summary>
public interface IHandoverControl
{
    /// <summary>Stop reading the listening sockets, finish what has been read and accepted, then call
    /// <see cref="HandoverClient.Drained"/>. The process goes on; the next cache or the guard reads the
    /// sockets.</summary>
    void Drain();

    /// <summary>The process is stopping, and there is no guard to read what it leaves: read and answer what is
    /// queued.</summary>
    void LeftAlone();

    /// <summary>Read the sockets again.</summary>
    void Resume();

    /// <summary>Write the cached answers, in the format that <see cref="HandedSockets.Entries"/> is read in.</summary>
    void ExportEntries(Stream to);

    /// <summary>Write answers that are asked for often to this memory. It takes the place of any former one.</summary>
    /// <param name="slots">The receiver disposes it.</param>
    /// <param name="endPoints">The addresses at which the kernel answers from it, by their numbers.</param>
    void UseAnswerSlots(AnswerSlots slots, IReadOnlyList<IPEndPoint> endPoints);

    /// <summary>Read these sockets too. They answer <see cref="HandoverClient.Want"/>.</summary>
    void Add(IReadOnlyList<ListenSocket> sockets);
}
