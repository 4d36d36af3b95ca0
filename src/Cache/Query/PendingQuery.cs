using NodeDns.Cache.Loop;
using NodeDns.Cache.Store;
using NodeDns.Cache.Upstream;
using NodeDns.Cache.Wire;

namespace NodeDns.Cache.Query;

/// <summary>One question on its way to upstream, and the clients that wait for it. Pooled by its handler; its timer is the
/// moment when waiters get a stale answer instead.</summary>
internal sealed class PendingQuery(QueryHandler handler) : LoopTimer, IExchangeOwner
{
    private readonly byte[] _name = new byte[DnsName.MaxLength];
    private readonly byte[] _query = new byte[UpstreamQuery.MaxLength];
    private int _nameLength;
    private int _queryLength;
    private KeyFlags _flags;
    private ushort _scope;
    private bool _overTcp;
    private Waiter? _first;
    private Waiter? _last;
    private int _waiters;
    private PendingQuery? _nextInBucket;

    public PendingQuery? NextInBucket
    {
        get => _nextInBucket;
        set => _nextInBucket = value;
    }

    public ref PendingQuery? NextInBucketRef => ref _nextInBucket;

    public ulong Hash { get; private set; }

    public ZoneModel Zone { get; private set; } = null!;

    public Qtype Qtype { get; private set; }

    public Qclass Qclass { get; private set; }

    /// <summary>Which of the block's forwards has been asked.</summary>
    public int Forward { get; set; }

    public bool OverTcp => _overTcp;

    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <summary>The query to send; its id is the forwarder's.</summary>
    public ReadOnlySpan<byte> Query => _query.AsSpan(0, _queryLength);

    public int QuestionEnd => DnsHeader.Length + _nameLength + 4;

    public AnswerKey Key => new(Name, Qtype, Qclass, _scope, _flags);

    public void Set(in ClientQuery query, in AnswerKey key, bool overTcp)
    {
        key.Name.CopyTo(_name);
        _nameLength = key.Name.Length;
        _flags = key.Flags;
        _scope = key.Scope;
        _overTcp = overTcp;
        Hash = key.Hash;
        Qtype = key.Type;
        Qclass = key.Class;
        Zone = query.Zone;
        Forward = 0;
        _queryLength = UpstreamQuery.Write(_query, query.Question, key.Flags, query.Zone.Block.UdpSize);
    }

    public bool Matches(in AnswerKey key, bool overTcp) =>
        Hash == key.Hash && Qtype == key.Type && Qclass == key.Class && _scope == key.Scope && _flags == key.Flags && _overTcp == overTcp
        && Name.SequenceEqual(key.Name);

    /// <summary>Needs the table's lock once the exchange is in the table.</summary>
    /// <returns>false when too many wait already.</returns>
    public bool AddWaiter(Waiter waiter)
    {
        if (_waiters >= InFlightTable.MaximumWaiters) return false;
        _waiters++;
        if (_last is null) _first = waiter;
        else _last.Next = waiter;
        _last = waiter;
        return true;
    }

    /// <summary>Needs the table's lock while the exchange is in the table.</summary>
    public Waiter? TakeWaiters()
    {
        Waiter? first = _first;
        _first = _last = null;
        _waiters = 0;
        return first;
    }

    public void Clear() => Zone = null!;

    public void OnAnswer(ReadOnlySpan<byte> message) => handler.OnAnswer(this, message);

    public void OnFailure(UpstreamError error) => handler.OnFailure(this, error);

    public override void OnTimer() => handler.OnStaleTimer(this);
}
