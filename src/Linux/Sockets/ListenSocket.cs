using System.Net;

namespace NodeDns.Linux.Sockets;

/// <summary>A bound listening socket, opened by this process or received from a guard. It is non-blocking and
/// close-on-exec.</summary>
/// <param name="Fd">The descriptor. Whoever receives the record owns and closes it.</param>
/// <param name="Protocol">For Udp the socket is bound, for Tcp it also listens.</param>
/// <param name="EndPoint">The bound address and port; the port is never 0.</param>
/// <param name="Worker">The worker that reads the socket. A process with fewer workers takes this modulo their
/// number.</param>
public sealed record ListenSocket(int Fd, ListenProtocol Protocol, IPEndPoint EndPoint, int Worker);
