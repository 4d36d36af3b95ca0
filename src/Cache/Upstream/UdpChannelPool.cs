using System.Net.Sockets;
using NodeDns.Linux.Interop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>One worker's UDP sockets for one address family.</summary>
internal sealed class UdpChannelPool(Forwarder forwarder, AddressFamily family) : IDisposable
{
    /// <summary>Idle sockets to keep. A socket takes about 1 KB in the kernel; opening one takes a query 2–3
    /// µs.</summary>
    private const int IdleMaximum = 64;

    /// <summary>The most open sockets. Further queries use TCP, where one descriptor serves many.</summary>
    private const int OpenMaximum = 2048;

    private readonly Stack<UdpChannel> _idle = new(IdleMaximum);
    private readonly SocketAddress? _source =
        forwarder.Options.SourceAddress is { } source && source.AddressFamily == family
            ? SocketAddress.From(new System.Net.IPEndPoint(source, 0))
            : null;
    private int _open;

    public int Mismatches => forwarder.Options.Mismatches;

    public void CountMismatch() => forwarder.Group.CountMismatch(forwarder.Counters);

    /// <summary>Returns a channel that is connected to <paramref name="server"/> from a new port.</summary>
    public UdpChannel? Connect(UpstreamState server, out UpstreamError error)
    {
        error = default;
        var reused = _idle.TryPop(out var channel);
        if (!reused)
        {
            var opened = _open < OpenMaximum ? Open() : SyscallResult.From(-1, (int)Errno.EMFILE);
            if (opened.IsError)
            {
                error = UpstreamError.LocalLimit;
                return null;
            }
            _open++;
            channel = new UdpChannel(this, opened.Value);
            forwarder.Loop.Add(channel.Fd, Libc.EPOLLIN, channel);
        }
        var connected = Libc.Connect(channel!.Fd, server.Address);
        if (connected.IsError)
        {
            Return(channel);
            error = ConnectError.From(connected.Error);
            return null;
        }
        if (reused)
        {
            server.Metrics.ConnectionReused(forwarder.Counters, UpstreamProto.Udp);
        }
        else
        {
            server.Metrics.ConnectionOpened(forwarder.Counters, UpstreamProto.Udp);
        }
        return channel;
    }

    public void Return(UdpChannel channel)
    {
        if (_idle.Count >= IdleMaximum || forwarder.IsRetired || Libc.Disconnect(channel.Fd).IsError)
        {
            Close(channel);
            return;
        }
        // A datagram that has just arrived stays in the queue and is one mismatch for the next query. Reading it here
        // each time would cost a fifth of a query's system calls.
        _idle.Push(channel);
    }

    public void Dispose()
    {
        while (_idle.TryPop(out var channel))
        {
            Close(channel);
        }
    }

    private void Close(UdpChannel channel)
    {
        forwarder.Loop.Remove(channel.Fd);
        Libc.Close(channel.Fd);
        _open--;
    }

    private SyscallResult Open()
    {
        var socket = Libc.Socket(
            family == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET,
            Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC,
            0);
        if (socket.IsError || _source is not { } source)
        {
            return socket;
        }
        // Bind only the address. connect() still chooses the port.
        Libc.SetSocketOption(socket.Value, Libc.IPPROTO_IP, Libc.IP_BIND_ADDRESS_NO_PORT, 1);
        var bound = Libc.Bind(socket.Value, source);
        if (bound.IsError)
        {
            Libc.Close(socket.Value);
            return bound;
        }
        return socket;
    }
}
