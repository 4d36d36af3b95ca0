using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>Cache entries from the old pod, kept until this pod's first cache connects. They are an anonymous file
/// whose content the guard does not read.</summary>
internal sealed class HandedEntries
{
    /// <summary>How long a starting cache waits for the entries.</summary>
    private const int WaitMs = 1000;

    /// <summary>How long the entries are kept when no cache comes. They age, and the old cache's container is charged
    /// for their memory.</summary>
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

    /// <summary>How much longer a cache should wait for the entries.</summary>
    public long WaitsMs => Math.Max(0, _dueMs - _loop.NowMs);

    /// <summary>The old cache is writing its entries.</summary>
    public void Expect() => _dueMs = _loop.NowMs + WaitMs;

    public void ExpectNoMore() => _dueMs = 0;

    /// <summary>Keeps the entries and takes over the descriptor.</summary>
    public void Keep(int file)
    {
        Drop();
        _file = file;
        _dueMs = 0;
        _loop.Arm(_forget, KeepMs);
    }

    /// <summary>Sends the entries to the first cache, then forgets them.</summary>
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
