using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace NodeDns.Telemetry.Dnstap;

/// <summary>Sends messages to one collector. They are collected in memory and sent by a thread of its own, so that a slow
/// collector delays no lookup.</summary>
/// <remarks>What the collector cannot take is dropped and counted: when more waits than there is room for, and all that
/// comes while there is no connection, which is tried again every second.</remarks>
public sealed class DnstapOutput
{
    private const int RetryMs = 1_000;
    private const int FirstBuffer = 64 << 10;
    private const long BetweenComplaintsMs = 10_000;

    private readonly EndPoint _to;
    private readonly int _mostPending;
    private readonly Action<long> _dropped;
    private readonly ILogger _log;

    // Also what the thread waits at, so no Lock.
    private readonly object _gate = new();
    private readonly Thread _thread;
    private Pending _pending = new();
    private Pending _sending = new();
    private FrameStream? _stream;
    private string? _problem;
    private long _lost;
    private long _complainedMs = -BetweenComplaintsMs;
    private bool _waitsForMessages;
    private bool _closed;

    /// <param name="mostPending">Octets that may wait for the collector. Twice as much is used at most.</param>
    /// <param name="dropped">Counts messages that are lost. Any thread calls it.</param>
    public DnstapOutput(EndPoint to, int mostPending, Action<long> dropped, ILogger log)
    {
        _to = to;
        _mostPending = mostPending;
        _dropped = dropped;
        _log = log;
        _thread = new Thread(Run, 128 * 1024) { Name = "dnstap", IsBackground = true };
    }

    /// <summary>Connects, and sends from now on.</summary>
    public void Start() => _thread.Start();

    /// <summary>Any thread may call this.</summary>
    public void Write(in DnstapMessage message, DnstapOrigin origin)
    {
        var room = sizeof(uint) + DnstapMessage.MaxOverhead + origin.Octets.Length + message.Wire.Length;
        lock (_gate)
        {
            if (_closed || _pending.Length + room > _mostPending)
            {
                _lost++;
                _dropped(1);
                return;
            }

            var frame = _pending.Room(room);
            var length = message.Write(frame[sizeof(uint)..], origin);
            BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)length);
            _pending.Length += sizeof(uint) + length;
            _pending.Count++;
            if (_waitsForMessages)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Sends what waits, then ends the stream.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits until the stream has ended, for at most this long.</summary>
    public void Join(TimeSpan atMost) => _thread.Join(atMost);

    private void Run()
    {
        var last = false;
        while (!last)
        {
            Connect();
            lock (_gate)
            {
                _waitsForMessages = _stream is not null;
                if (!_closed && !(_waitsForMessages && _pending.Length > 0))
                {
                    Monitor.Wait(_gate, _waitsForMessages ? Timeout.Infinite : RetryMs);
                }

                _waitsForMessages = false;
                last = _closed;
                (_pending, _sending) = (_sending, _pending);
            }

            Send();
            (_sending.Length, _sending.Count) = (0, 0);
        }

        _stream?.Dispose();
    }

    private void Connect()
    {
        if (_stream is not null)
        {
            return;
        }

        try
        {
            _stream = FrameStream.Connect(_to);
            _problem = null;
            _log.DnstapConnected(_to.ToString() ?? "");
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            Trouble(failure.Message);
        }
    }

    /// <summary>Says once why there is no connection, until that changes, and nothing after the end.</summary>
    private void Trouble(string problem)
    {
        bool isOver;
        lock (_gate)
        {
            isOver = _closed;
        }

        if (!isOver && _problem != problem)
        {
            _log.DnstapNotConnected(_to.ToString() ?? "", problem);
        }

        _problem = problem;
    }

    private void Send()
    {
        try
        {
            if (_stream is not null)
            {
                _stream.Send(_sending.Octets.AsSpan(0, _sending.Length));
                Complain();
                return;
            }
        }
        catch (SocketException failure)
        {
            Trouble(failure.Message);
            _stream!.Dispose();
            _stream = null;
        }

        if (_sending.Count > 0)
        {
            _dropped(_sending.Count);
        }
    }

    /// <summary>Says from time to time what a collector that is there has missed.</summary>
    private void Complain()
    {
        var now = Environment.TickCount64;
        if (now - _complainedMs < BetweenComplaintsMs)
        {
            return;
        }

        long lost;
        lock (_gate)
        {
            (lost, _lost) = (_closed ? 0 : _lost, 0);
        }

        if (lost > 0)
        {
            _complainedMs = now;
            _log.DnstapDropped(_to.ToString() ?? "", lost);
        }
    }

    /// <summary>Frames that wait to be sent.</summary>
    private sealed class Pending
    {
        private byte[] _octets = [];

        public byte[] Octets => _octets;

        public int Length { get; set; }

        public int Count { get; set; }

        public Span<byte> Room(int octets)
        {
            if (Length + octets > _octets.Length)
            {
                Array.Resize(ref _octets, Math.Max(FirstBuffer, Math.Max(2 * _octets.Length, Length + octets)));
            }

            return _octets.AsSpan(Length);
        }
    }
}
