using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Cache.Upstream;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Query;

/// <summary>One question that upstream is being asked, and the clients that wait for the answer. Pooled by the answer
/// path that made it. Its timer fires when the clients should get a stale answer instead.</summary>
internal sealed class PendingQuery(AnswerPath owner) : LoopTimer, IExchangeOwner
{
    private readonly byte[] _name = new byte[DnsName.MaxLength];
    private readonly byte[] _sentName = new byte[DnsName.MaxLength];
    private byte[] _query = new byte[UpstreamQuery.MaxLength];
    private int _nameLength;
    private int _sentNameLength;
    private int _queryLength;
    private KeyFlags _flags;
    private ushort _scope;
    private byte[] _options = [];
    private int _optionsLength;
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

    /// <summary>The waiting clients have their replies, and the object is back in its pool.</summary>
    public bool IsDone => Zone is null;

    public Qtype Qtype { get; private set; }

    public Qclass Qclass { get; private set; }

    /// <summary>The index of the block's forward that is being asked.</summary>
    public int Forward { get; set; }

    /// <summary>The forwarders of the configuration under which the exchange began. A reload may have replaced it
    /// since.</summary>
    public IForwarder[] Forwarders { get; set; } = [];

    public bool OverTcp { get; private set; }

    /// <summary>The question is one that a client is expected to ask next.</summary>
    public bool IsAhead { get; set; }

    public KeyFlags Flags => _flags;

    /// <summary>The rewritten question that is sent; null when the client's own is sent.</summary>
    public RewrittenQuestion? Rewritten { get; private set; }

    /// <summary>The reply whose CNAME is being followed (rewrite cname).</summary>
    public byte[]? FollowedReply { get; private set; }

    /// <summary>The value of <see cref="AnswerScan.HasExpiredSignature"/> for <see cref="FollowedReply"/>.</summary>
    public bool FollowedExpiredSignature { get; private set; }

    /// <summary>The lower-case name that the clients asked for.</summary>
    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <summary>The lower-case name that upstream is asked for.</summary>
    public ReadOnlySpan<byte> SentName => _sentName.AsSpan(0, _sentNameLength);

    public Qtype SentType { get; private set; }

    private ReadOnlySpan<byte> Options => _options.AsSpan(0, _optionsLength);

    /// <summary>The query to send. The forwarder sets the id.</summary>
    public ReadOnlySpan<byte> Query => _query.AsSpan(0, _queryLength);

    /// <summary>The offset after the question in a reply to the clients.</summary>
    public int QuestionEnd => DnsHeader.Length + _nameLength + 4;

    /// <summary>The offset after the question in upstream's answer.</summary>
    public int SentQuestionEnd => DnsHeader.Length + _sentNameLength + 4;

    public AnswerKey Key => new(Name, Qtype, Qclass, _scope, _flags, Options);

    /// <summary>Prepares to send the client's own question.</summary>
    public void Set(in ClientQuery query, in AnswerKey key, bool overTcp)
    {
        SetKey(query.Zone, key, overTcp);
        SetSent(key.Name, key.Type, query.Question, Options);
    }

    /// <summary>Prepares to send a question that no client has asked.</summary>
    public void Set(ZoneModel zone, in AnswerKey key)
    {
        SetKey(zone, key, overTcp: false);
        SetSent(key.Name, key.Type, key.Class, []);
    }

    /// <summary>Prepares to send a rewritten question.</summary>
    public void Set(in ClientQuery query, in AnswerKey key, bool overTcp, RewrittenQuestion rewritten)
    {
        SetKey(query.Zone, key, overTcp);
        Rewritten = rewritten;
        SetSent(rewritten.Name, rewritten.Type, rewritten.Class, Options);
    }

    /// <summary>Prepares to ask for the target of a CNAME before the reply is complete.</summary>
    public void Follow(byte[] target, ReadOnlySpan<byte> reply, bool hasExpiredSignature)
    {
        FollowedReply = reply.ToArray();
        FollowedExpiredSignature = hasExpiredSignature;
        SetSent(target, SentType, Qclass.IN, []);
    }

    /// <summary>Sends the query to upstream.</summary>
    public void Ask() => Forwarders[Zone.Block.Forwards[Forward].Index].Forward(Query, OverTcp, this);

    public bool Matches(in AnswerKey key, bool overTcp) =>
        Hash == key.Hash && Qtype == key.Type && Qclass == key.Class && _scope == key.Scope && _flags == key.Flags
        && OverTcp == overTcp && Name.SequenceEqual(key.Name) && Options.SequenceEqual(key.SentOptions);

    /// <summary>Needs the table's lock once the exchange is in the table.</summary>
    /// <returns>false when too many clients wait already.</returns>
    public bool AddWaiter(Waiter waiter)
    {
        if (_waiters >= InFlightTable.MaximumWaiters)
        {
            return false;
        }

        _waiters++;
        if (_last is null)
        {
            _first = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
        return true;
    }

    /// <summary>Needs the table's lock while the exchange is in the table.</summary>
    public Waiter? TakeWaiters()
    {
        var first = _first;
        _first = _last = null;
        _waiters = 0;
        return first;
    }

    public void Clear()
    {
        Zone = null!;
        IsAhead = false;
        Forwarders = [];
        Rewritten = null;
        FollowedReply = null;
        FollowedExpiredSignature = false;
        Upstream = default;
    }

    /// <summary>The server that has answered; default if none has yet.</summary>
    public TapUpstream Upstream { get; private set; }

    public void OnAnswer(ReadOnlySpan<byte> message, in TapUpstream from)
    {
        Upstream = from;
        owner.OnAnswer(this, message);
    }

    public void OnFailure(UpstreamError error) => owner.OnFailure(this, error);

    public override void OnTimer() => owner.OnStaleTimer(this);

    private void SetKey(ZoneModel zone, in AnswerKey key, bool overTcp)
    {
        key.Name.CopyTo(_name);
        _nameLength = key.Name.Length;
        _optionsLength = key.SentOptions.Length;
        if (_options.Length < _optionsLength)
        {
            _options = new byte[_optionsLength];
        }

        key.SentOptions.CopyTo(_options);
        _flags = key.Flags;
        _scope = key.Scope;
        OverTcp = overTcp;
        Hash = key.Hash;
        Qtype = key.Type;
        Qclass = key.Class;
        Zone = zone;
        Forward = 0;
    }

    private void SetSent(ReadOnlySpan<byte> name, Qtype type, Qclass @class, ReadOnlySpan<byte> options)
    {
        Span<byte> question = stackalloc byte[DnsName.MaxLength + 4];
        var length = QuestionReader.Write(question, name, type, @class);
        SetSent(name, type, question[..length], options);
    }

    private void SetSent(ReadOnlySpan<byte> name, Qtype type, ReadOnlySpan<byte> question, ReadOnlySpan<byte> options)
    {
        name.CopyTo(_sentName);
        _sentNameLength = name.Length;
        SentType = type;
        if (_query.Length < UpstreamQuery.MaxLength + options.Length)
        {
            _query = new byte[UpstreamQuery.MaxLength + options.Length];
        }

        _queryLength = UpstreamQuery.Write(_query, question, _flags, Zone.Block.UdpSize, options);
    }
}
