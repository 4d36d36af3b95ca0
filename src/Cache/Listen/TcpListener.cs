using NodeDns.Cache.Query;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Listen;

/// <summary>One worker's listening TCP socket at one address.</summary>
internal sealed class TcpListener(EventLoop loop, ListenSocket socket, TcpConnections connections) : IEventHandler
{
    /// <summary>How many connections are accepted in one turn.</summary>
    private const int AcceptsPerTurn = 64;

    private bool _reading;

    public ListenSocket Socket => socket;

    public ServerModel? Server { get; private set; }

    /// <summary>Sets what is served here, also to connections that are already open.</summary>
    public void Serve(ServerModel? server)
    {
        Server = server;
        SetReading(server is not null);
    }

    public void SetReading(bool reading)
    {
        if (reading == _reading)
        {
            return;
        }

        _reading = reading;
        if (reading)
        {
            loop.Add(socket.Fd, Libc.EPOLLIN, this);
        }
        else
        {
            loop.Remove(socket.Fd);
        }
    }

    /// <summary>Closes the socket. An open connection ends when its next message arrives.</summary>
    public void Close()
    {
        Serve(null);
        Libc.Close(socket.Fd);
    }

    public void OnEvents(uint events)
    {
        for (var i = 0; i < AcceptsPerTurn && _reading; i++)
        {
            var fd = Libc.Accept(socket.Fd, out var client);
            // ECONNABORTED: the client left before it was accepted. The next one may be waiting.
            if (fd.Error == Errno.ECONNABORTED)
            {
                continue;
            }

            if (fd.Error == Errno.EMFILE && connections.CloseOldestIdle())
            {
                continue;
            }

            if (fd.IsError)
            {
                return;
            }

            connections.Open(fd.Value, client, this);
        }
    }
}
