using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>A predecessor's cache entries, an anonymous file that passes through, on their way to this guard's first
/// cache.</summary>
internal sealed class HandedEntries
{
    /// <summary>How long the cache waits at its start for them.</summary>
    private const int WaitMs = 1000;

    /// <summary>How long they wait for a cache that does not come: they age, and are memory of the old cache's
    /// container.</summary>
    private const int KeepMs = 60_000;

    private readonly EventLoop _loop;
    private readonly LoopAction _forget;
    private int _file = -1;
    private long _dueMs;

    public HandedEntries(EventLoop loop)
    {
        _loop = loop;
        _forget = new LoopAction(Drop);
    }

    /// <summary>How much longer a cache should wait.</summary>
    public long WaitsMs => Math.Max(0, _dueMs - _loop.NowMs);

    /// <summary>They are being written.</summary>
    public void Expect() => _dueMs = _loop.NowMs + WaitMs;

    public void ExpectNoMore() => _dueMs = 0;

    /// <summary>Takes the descriptor over.</summary>
    public void Keep(int file)
    {
        Drop();
        _file = file;
        _dueMs = 0;
        _loop.Arm(_forget, KeepMs);
    }

    /// <summary>Sends them to the first cache that comes, and forgets them.</summary>
    public void SendTo(CachePeer peer)
    {
        if (_file >= 0 && peer.Version >= HandoverVersion.Entries)
        {
            var message = new HandoverMessage(HandoverKind.Entries);
            message.Descriptors.Add(_file);
            peer.Channel.Send(message);
            Drop();
        }
    }

    public void Drop()
    {
        if (_file >= 0)
        {
            _loop.Cancel(_forget);
            Libc.Close(_file);
            _file = -1;
        }
    }
}
