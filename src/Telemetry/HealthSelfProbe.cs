using System.Diagnostics;
using System.Net;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using static NodeDns.Telemetry.MetricNames;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Telemetry;

/// <summary>Requests our own /health once a second and records how long it took, as CoreDNS's health plugin does. On an
/// overloaded machine this time grows first.</summary>
public sealed class HealthSelfProbe : LoopTimer, IEventHandler
{
    private const int PeriodMs = 1000;
    private const int TimeoutMs = 3000;

    private readonly EventLoop _loop;
    private readonly MetricRegistry _registry;
    private readonly TimeBucketScale _scale = new(SlimTimeBuckets);
    private readonly int _duration, _failures;
    private readonly byte[] _answer = new byte[512];
    private SocketAddress _target;
    private long _started;
    private int _fd = -1;

    /// <summary>Starts without an address; <see cref="Watch"/> sets one.</summary>
    public HealthSelfProbe(EventLoop loop, MetricRegistry registry)
    {
        _loop = loop;
        _registry = registry;
        _duration = registry.Histogram(HealthDuration, HealthDurationHelp, SlimTimeBuckets, MetricUnit.Nanoseconds);
        _failures = registry.Counter(HealthFailures, HealthFailuresHelp);
    }

    /// <summary>Sets the address to probe; null stops probing. Any thread may call this.</summary>
    /// <param name="address">Where the listener is bound. A wildcard address is probed on loopback.</param>
    public void Watch(IPEndPoint? address) => _loop.Post(() =>
    {
        Close();
        _loop.Cancel(this);
        if (address is null)
        {
            return;
        }

        var ip = address.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : address.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : address.Address;
        _target = SocketAddress.From(new IPEndPoint(ip, address.Port));
        _loop.Arm(this, PeriodMs);
    });

    /// <summary>Either the next probe is due, or the current one has taken too long.</summary>
    public override void OnTimer()
    {
        if (_fd >= 0)
        {
            Finish(failed: true);
            return;
        }
        _started = Stopwatch.GetTimestamp();
        var made = Libc.Socket(
            _target.Family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (made.IsError)
        {
            Finish(failed: true);
            return;
        }
        _fd = made.Value;
        var connected = Libc.Connect(_fd, _target);
        if (connected.IsError && connected.Error != Errno.EINPROGRESS)
        {
            Finish(failed: true);
            return;
        }
        _loop.Add(_fd, Libc.EPOLLOUT, this);
        _loop.Arm(this, TimeoutMs);
    }

    public void OnEvents(uint events)
    {
        if ((events & Libc.EPOLLOUT) != 0)
        {
            if (Libc.Send(_fd, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8).IsError)
            {
                Finish(failed: true);
            }
            else
            {
                _loop.Modify(_fd, Libc.EPOLLIN);
            }

            return;
        }
        var received = Libc.Receive(_fd, _answer);
        Finish(failed: received.IsError || !_answer.AsSpan(0, received.Value).StartsWith("HTTP/1.1 200 "u8));
    }

    private void Finish(bool failed)
    {
        Close();
        var nanoseconds = (long)Stopwatch.GetElapsedTime(_started).TotalNanoseconds;
        _registry.ObserveTime(_duration, _scale, nanoseconds);
        if (failed)
        {
            _registry.Increment(_failures);
        }

        _loop.Arm(this, PeriodMs);
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
