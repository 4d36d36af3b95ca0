using System.Buffers.Binary;
using System.Net;
using NodeDns.Cache.Plugins;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Serve;

/// <summary>Asks the question of <see cref="LoopPlugin"/> at our own address over UDP, on a loop that does not belong to a
/// worker.</summary>
/// <remarks>Asks each second until the first answer, for at most 30 seconds, as CoreDNS does. After that it only asks
/// while there is a loop, to find out when that has ended.</remarks>
internal sealed class LoopProbe : LoopTimer, IEventHandler, IDisposable
{
    private const int AnswerMs = 6000;
    private const int RetryMs = 1000;
    private const int RecheckMs = 10_000;
    private const int GiveUpMs = 30_000;

    private readonly EventLoop _loop;
    private readonly LoopPlugin _plugin;
    private readonly SocketAddress _server;
    private readonly byte[] _buffer = new byte[1500];
    private long _giveUpAtMs;
    private int _fd = -1;
    private bool _disposed;

    /// <param name="server">The address and port that the block listens on. A wildcard address is asked on
    /// loopback.</param>
    public LoopProbe(EventLoop loop, LoopPlugin plugin, IPEndPoint server)
    {
        _loop = loop;
        _plugin = plugin;
        var address = server.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : server.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : server.Address;
        _server = SocketAddress.From(new IPEndPoint(address, server.Port));
    }

    /// <summary>Any thread may call this once the server listens.</summary>
    public void Start() => _loop.Post(() =>
    {
        _giveUpAtMs = _loop.NowMs + GiveUpMs;
        if (!_disposed)
        {
            Ask();
        }
    });

    /// <summary>Either the answer is late, or the next question is due.</summary>
    public override void OnTimer()
    {
        Close();
        if (_loop.NowMs < _giveUpAtMs)
        {
            Ask();
        }
    }

    public void OnEvents(uint events)
    {
        var received = Libc.Receive(_fd, _buffer);
        if (received.WouldBlock)
        {
            return;
        }

        Close();
        if (received.IsError || received.Value < DnsHeader.Length)
        {
            _loop.Arm(this, RetryMs);
            return;
        }
        if (_plugin.ProbeAnswered(DnsHeader.Rcode(_buffer)))
        {
            _giveUpAtMs = long.MaxValue;
            _loop.Arm(this, RecheckMs);
        }
        else
        {
            _loop.Cancel(this);
        }
    }

    /// <summary>Any thread may call this. A reload replaces the probe by a new one.</summary>
    public void Dispose() => _loop.Post(() =>
    {
        _disposed = true;
        Close();
        _loop.Cancel(this);
    });

    private void Ask()
    {
        _loop.Arm(this, RetryMs);
        var made = Libc.Socket(
            _server.Family, Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (made.IsError)
        {
            return;
        }

        _fd = made.Value;
        if (Libc.Connect(_fd, _server).IsError)
        {
            return;
        }

        _loop.Add(_fd, Libc.EPOLLIN, this);
        Span<byte> random = stackalloc byte[LoopPlugin.RandomOctets];
        Libc.FillRandom(random);
        var name = _plugin.NewName(random);
        var query = new byte[DnsHeader.Length + name.Length + 4];
        Libc.FillRandom(query.AsSpan(0, 2));
        DnsHeader.SetFlags(query, DnsHeader.RD);
        DnsHeader.SetQdCount(query, 1);
        name.CopyTo(query, DnsHeader.Length);
        BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(DnsHeader.Length + name.Length), (ushort)Qtype.HINFO);
        BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(DnsHeader.Length + name.Length + 2), (ushort)Qclass.IN);
        if (!Libc.Send(_fd, query).IsError)
        {
            _loop.Arm(this, AnswerMs);
        }
    }

    private void Close()
    {
        if (_fd < 0)
        {
            return;
        }

        _loop.Remove(_fd);
        Libc.Close(_fd);
        _fd = -1;
    }
}
