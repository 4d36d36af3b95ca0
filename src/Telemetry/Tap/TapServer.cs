using System.Buffers.Binary;
using System.Diagnostics;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Telemetry.Tap;

/// <summary>Accepts readers at a Unix socket and sends them the lookups in the rings. Runs on one loop, which does not
/// answer lookups.</summary>
/// <remarks>The rings are on only while somebody reads. Only root, this process's user and perhaps one more may connect,
/// because what pods ask is confidential.</remarks>
public sealed class TapServer : LoopTimer, IEventHandler, IDisposable
{
    /// <summary>The most readers. Each costs <see cref="TapReader.BufferLength"/> and is compared with every
    /// lookup.</summary>
    public const int MaxReaders = 32;

    private const int Backlog = 8;
    private const int PeriodMs = 10;
    private const uint OwnerOnly = 0x180;
    private const uint Everybody = 0x1B6;

    private readonly EventLoop _loop;
    private readonly string _path;
    private readonly TapRings _rings;
    private readonly uint? _reader;
    private readonly List<TapReader> _readers = [];
    private readonly Dictionary<TapRing, ulong> _next = [];
    private readonly byte[] _entry = new byte[TapEntry.MaxLength];
    private int _fd = -1;

    /// <param name="reader">Another user who may connect.</param>
    public TapServer(EventLoop loop, string path, TapRings rings, uint? reader = null)
    {
        _reader = reader;
        _loop = loop;
        _path = path;
        _rings = rings;
    }

    internal EventLoop Loop => _loop;

    /// <summary>Listens at the path. Replaces what a predecessor has left there.</summary>
    /// <returns>The problem; null when it listens.</returns>
    public string? Listen()
    {
        try
        {
            File.Delete(_path);
            var fd = Libc.Socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0)
                .OrThrow("socket AF_UNIX");
            _fd = fd;
            Libc.BindUnix(fd, _path).OrThrow("bind");
            Libc.ChangeMode(_path, _reader is null ? OwnerOnly : Everybody).OrThrow("chmod");
            Libc.Listen(fd, Backlog).OrThrow("listen");
            _loop.Post(() => _loop.Add(fd, Libc.EPOLLIN, this));
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SyscallException)
        {
            return $"{failure.Message}: give a path in a directory that this process may write";
        }
    }

    public void OnEvents(uint events)
    {
        while (Libc.AcceptUnix(_fd) is { IsError: false } accepted)
        {
            var fd = accepted.Value;
            if (Libc.GetPeerCredentials(fd, out var peer).IsError
                || peer.UserId != 0 && peer.UserId != Libc.EffectiveUserId && peer.UserId != _reader)
            {
                Libc.Close(fd);
                continue;
            }

            var reader = new TapReader(this, fd);
            if (_readers.Count >= MaxReaders)
            {
                reader.Refuse($"{MaxReaders} readers are here already");
                continue;
            }

            _readers.Add(reader);
        }
    }

    public override void OnTimer()
    {
        // Entries have times of the monotonic clock, and readers need the time of day.
        var offset = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100 - Stopwatch.GetTimestamp();
        foreach (var ring in _rings.Attached)
        {
            Drain(ring, offset);
        }

        foreach (var reader in _readers.ToArray())
        {
            reader.Flush();
        }

        if (_next.Count > 0)
        {
            _loop.Arm(this, PeriodMs);
        }
    }

    public void Dispose()
    {
        foreach (var reader in _readers.ToArray())
        {
            reader.Close();
        }

        if (_fd >= 0)
        {
            _loop.Remove(_fd);
            Libc.Close(_fd);
            _fd = -1;
        }
    }

    /// <summary>A reader has sent its filter. The first reader switches the rings on.</summary>
    internal void Begin()
    {
        TellWatched();
        foreach (var ring in _rings.Attached)
        {
            if (!_next.ContainsKey(ring))
            {
                ring.SetOn(true);
                _next[ring] = ring.Written;
            }
        }

        if (!IsArmed)
        {
            _loop.Arm(this, PeriodMs);
        }
    }

    /// <summary>A reader has gone. The last reader switches the rings off.</summary>
    internal void End(TapReader reader)
    {
        _readers.Remove(reader);
        TellWatched();
        if (_readers.Exists(other => other.IsReading))
        {
            return;
        }

        foreach (var ring in _next.Keys)
        {
            ring.SetOn(false);
        }

        _next.Clear();
    }

    private void TellWatched()
    {
        var reading = _readers.FindAll(reader => reader.IsReading);
        _rings.Watching?.Invoke(
            reading.Exists(reader => reader.Filter!.Clients.Count == 0) ? null : [.. reading.SelectMany(reader => reader.Filter!.Clients)]);
    }

    private void Drain(TapRing ring, long offset)
    {
        if (!_next.TryGetValue(ring, out var next))
        {
            return;
        }

        var written = ring.Written;
        var missed = 0UL;
        if (written - next > TapRing.Capacity)
        {
            missed = written - next - TapRing.Capacity;
            next += missed;
        }

        for (; next < written; next++)
        {
            var length = ring.Read(next, _entry);
            if (length == 0 || !TapEntry.TryRead(_entry.AsSpan(0, length), out var entry))
            {
                missed++;
                continue;
            }

            BinaryPrimitives.WriteInt64LittleEndian(_entry, entry.TimeNs + offset);
            foreach (var reader in _readers)
            {
                reader.Offer(entry, _entry.AsSpan(0, length));
            }
        }

        _next[ring] = next;
        if (missed > 0)
        {
            foreach (var reader in _readers)
            {
                reader.Miss(missed);
            }
        }
    }
}
