using System.Diagnostics;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Guard;

/// <summary>Tells readers of relayed lookups: who asked, when, which server answered and when. Names stay unknown, because
/// the guard does not parse messages.</summary>
/// <remarks>Readers are served by a loop and a thread of their own, so that they cost the relay nothing. The relay itself
/// writes to a ring, from the guard's thread, and only while somebody reads.</remarks>
internal sealed class RelayTap : IDisposable
{
    private static readonly long s_nanosecondsPerTick = 1_000_000_000 / Stopwatch.Frequency;

    private readonly TapRing _ring;
    private readonly TapServer? _server;
    private readonly EventLoop? _readers;
    private readonly Thread? _thread;

    /// <param name="path">The socket for readers; null for none.</param>
    /// <param name="reader">The user of the cache, who may read too.</param>
    public RelayTap(string? path, uint reader)
    {
        var rings = new TapRings();
        _ring = rings.Attach();
        if (path is null)
        {
            return;
        }

        _readers = new EventLoop();
        _server = new TapServer(_readers, path, rings, reader);
        _thread = new Thread(_readers.Run) { Name = "tap", IsBackground = true };
        _thread.Start();
        Problem = _server.Listen();
    }

    /// <summary>Why nobody can read; null when there is no reason.</summary>
    public string? Problem { get; }

    /// <summary>A lookup is over: cluster DNS has replied, or has not for too long.</summary>
    /// <param name="askedTicks">Stopwatch ticks at the time it was relayed.</param>
    /// <param name="replyOctets">0 when there was no reply, and for a connection.</param>
    public void Write(in SocketAddress client, in SocketAddress server, long askedTicks, int replyOctets, bool isTcp)
    {
        if (!_ring.IsOn)
        {
            return;
        }

        var duration = (Stopwatch.GetTimestamp() - askedTicks) * s_nanosecondsPerTick;
        _ring.Write(new TapEntry
        {
            TimeNs = askedTicks * s_nanosecondsPerTick,
            DurationNs = duration,
            Client = client,
            Upstream = replyOctets > 0 ? new TapUpstream(server, duration) : default,
            ReplyLength = (ushort)replyOctets,
            Source = TapSource.Relay,
            IsTcp = isTcp,
        });
    }

    public void Dispose()
    {
        if (_readers is null)
        {
            return;
        }

        _readers.Post(_server!.Dispose);
        _readers.Stop();
        _thread!.Join();
        _readers.Dispose();
    }
}
