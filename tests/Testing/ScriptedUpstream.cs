using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace NodeDns.Testing;

/// <summary>An upstream that the test plays itself, step by step and on its own thread: UDP and TCP on one
/// port.</summary>
/// <remarks>Nothing happens unless the test does it, so every order of events can be written down. What should come is
/// waited for at most <see cref="s_patience"/>. For a server that answers by itself see <see
/// cref="FakeUpstream"/>.</remarks>
public sealed class ScriptedUpstream : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly Socket _udp;
    private readonly Socket? _listener;
    private readonly byte[] _buffer = new byte[65_535];
    private readonly List<Socket> _fillers = [];

    /// <param name="tcp">false: nothing listens on the TCP port, connections are refused.</param>
    /// <param name="udp">false: nothing listens on the UDP port.</param>
    public ScriptedUpstream(bool tcp = true, bool udp = true, IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        for (var attempt = 0; ; attempt++)
        {
            _udp = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            _udp.Bind(new IPEndPoint(address, 0));
            EndPoint = (IPEndPoint)_udp.LocalEndPoint!;
            _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                _listener.Bind(EndPoint);
                break;
            }
            catch (SocketException) when (attempt < 100)
            {
                _udp.Dispose();
                _listener.Dispose();
            }
        }
        if (tcp)
        {
            _listener.Listen(512);
        }
        else
        {
            _listener.Dispose();
            _listener = null;
        }
        if (!udp)
        {
            _udp.Dispose();
        }
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Whether a datagram waits to be read.</summary>
    public bool HasDatagram => _udp.Available > 0;

    public bool HasTcp => _listener is not null;

    /// <summary>Whether a connection waits to be accepted.</summary>
    public bool HasConnection => _listener!.Poll(0, SelectMode.SelectRead);

    /// <summary>The next datagram.</summary>
    public (byte[] Query, EndPoint From) Receive()
    {
        Expect(_udp, "a datagram");
        EndPoint from = new IPEndPoint(EndPoint.Address, 0);
        var length = _udp.ReceiveFrom(_buffer, ref from);
        return (_buffer[..length], from);
    }

    /// <summary>From now on the kernel refuses datagrams.</summary>
    public void CloseUdp() => _udp.Dispose();

    public void Send(EndPoint to, byte[] message) => _udp.SendTo(message, to);

    public ScriptedConnection Accept()
    {
        Expect(_listener!, "a connection");
        return new ScriptedConnection(_listener!.Accept());
    }

    /// <summary>Accepts and finishes the TLS handshake; fails as the client does.</summary>
    public ScriptedConnection AcceptTls(X509Certificate2 certificate, bool askForCertificate = false)
    {
        Expect(_listener!, "a connection");
        var socket = _listener!.Accept();
        var stream = new SslStream(new NetworkStream(socket));
        stream.AuthenticateAsServer(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            ClientCertificateRequired = askForCertificate,
            RemoteCertificateValidationCallback = (_, presented, _, _) => !askForCertificate || presented is not null,
        });
        return new ScriptedConnection(socket, stream);
    }

    /// <summary>From now on the TCP port answers no SYN: its queue is full, and nobody accepts.</summary>
    public void SwallowSyns()
    {
        _listener!.Listen(0);
        do
        {
            var filler = new Socket(EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _fillers.Add(filler);
            try
            {
                filler.Connect(EndPoint);
            }
            catch (SocketException connecting) when (connecting.SocketErrorCode
                is SocketError.WouldBlock or SocketError.InProgress)
            {
            }
        }
        while (_fillers[^1].Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectWrite));
    }

    /// <summary>Takes the connections that fill the queue out of it: SYNs are answered again.</summary>
    public void AnswerSyns()
    {
        _listener!.Listen(512);
        while (HasConnection)
        {
            _listener.Accept().Dispose();
        }
    }

    public void Dispose()
    {
        _udp.Dispose();
        _listener?.Dispose();
        _fillers.ForEach(filler => filler.Dispose());
    }

    /// <summary>A NOERROR answer without records to a query, as octets: QR, RD and RA set, its id and question
    /// kept.</summary>
    public static byte[] Reply(byte[] query, int rcode = 0, bool truncated = false)
    {
        var end = 12;
        while (query[end] != 0)
        {
            end += query[end] + 1;
        }
        var reply = query[..(end + 5)];
        reply[2] = (byte)(0x81 | (truncated ? 2 : 0));
        reply[3] = (byte)(0x80 | rcode);
        reply.AsSpan(6, 6).Clear();
        return reply;
    }

    internal static void Expect(Socket socket, string what)
    {
        if (!socket.Poll(s_patience, SelectMode.SelectRead))
        {
            throw new TimeoutException($"{what} did not come within {s_patience}");
        }
    }
}

/// <summary>The server's end of one TCP or TLS connection of a <see cref="ScriptedUpstream"/>.</summary>
public sealed class ScriptedConnection(Socket socket, SslStream? tls = null) : IDisposable
{
    private readonly Stream _stream = tls ?? (Stream)new NetworkStream(socket);

    /// <summary>The name the client asked for in its handshake.</summary>
    public string? TlsServerName => tls?.TargetHostName;

    public X509Certificate? ClientCertificate => tls?.RemoteCertificate;

    /// <summary>Whether octets wait in the socket. Over TLS some may have been taken out of it already.</summary>
    public bool HasData => socket.Available > 0;

    /// <summary>Whether the client has closed its end; over TLS this reads.</summary>
    public bool IsClosedByClient
    {
        get
        {
            ScriptedUpstream.Expect(socket, "the end of the connection");
            return tls is null ? socket.Available == 0 : tls.ReadByte() < 0;
        }
    }

    /// <summary>The next framed message.</summary>
    public byte[] Receive()
    {
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(Exactly(2))];
        return Exactly(message.Length);
    }

    public void Send(byte[] message) => SendRaw([.. Frame(message)]);

    /// <summary>Octets as they are: for parts of frames and for several in one segment.</summary>
    public void SendRaw(byte[] octets) => _stream.Write(octets);

    public static byte[] Frame(byte[] message) => [(byte)(message.Length >> 8), (byte)message.Length, .. message];

    /// <summary>Closes with a FIN, or with a reset.</summary>
    public void Close(bool reset = false)
    {
        socket.LingerState = new LingerOption(reset, 0);
        socket.Dispose();
    }

    public void Dispose()
    {
        _stream.Dispose();
        socket.Dispose();
    }

    private byte[] Exactly(int count)
    {
        var octets = new byte[count];
        for (var at = 0; at < count;)
        {
            if (tls is null)
            {
                ScriptedUpstream.Expect(socket, "a query");
            }
            var received = _stream.Read(octets.AsSpan(at));
            at += received > 0 ? received : throw new IOException("the client closed the connection");
        }
        return octets;
    }
}
