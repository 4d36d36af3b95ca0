using System.Net;

namespace NodeDns.Linux.Sockets;

/// <summary>A bound listening socket, opened here or handed over by a guard: non-blocking, close-on-exec.</summary>
/// <param name="Fd">The descriptor; its receiver owns and closes it.</param>
/// <param name="Protocol">Udp: bound. Tcp: listening.</param>
/// <param name="EndPoint">Where it is bound; the port is never 0.</param>
/// <param name="Worker">Which worker reads it. A process with fewer workers takes this modulo their number.</param>
public sealed record ListenSocket(int Fd, ListenProtocol Protocol, IPEndPoint EndPoint, int Worker);
