namespace NodeDns.Linux.Sockets;

/// <summary>The transport of a listening socket.</summary>
public enum ListenProtocol
{
    Udp,
    Tcp,
}
