using System.Net;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard.Tests;

/// <summary>A node without a kernel: sockets, a cache, the old pod's guard and the next pod's, each doing at once what it
/// is told. What is true here is compared with what the machine believes.</summary>
internal sealed class FakeNode : IGuardActions
{
    private readonly List<GroupMember> _members = [];
    private readonly HashSet<GroupMember> _relayed = [];
    private readonly Reader _cache = new();
    private readonly Reader _predecessor = new();
    private readonly Reader _successor = new();
    private bool _isAnother;
    private bool _isWrong;
    private bool _isDistrustOver = true;
    private bool _isHeldBack;
    private bool _isLingering;
    private bool _intercepts;
    private bool _resumes;
    private bool _isPredecessorAsked;
    private bool _opens;
    private int _ports;

    /// <param name="predecessorSockets">How many sockets the old pod's guard has; 0: there is none.</param>
    public FakeNode(int predecessorSockets)
    {
        Machine = new GuardMachine(this);
        if (predecessorSockets > 0)
        {
            _predecessor.IsThere = true;
            _predecessor.Reads = true;
            for (var i = 0; i < predecessorSockets; i++)
            {
                _predecessor.Has.Add(NewSocket());
            }
        }
        Machine.Start();
    }

    public GuardMachine Machine { get; }

    /// <summary>Exit was asked for and begun.</summary>
    public bool HasEnded { get; private set; }

    public static int EventCount => s_events.Length;

    public static string NameOf(int number) => s_events[number].Name;

    /// <summary>Does one thing, if it can happen now.</summary>
    /// <returns>false: it cannot.</returns>
    public bool Happens(int number)
    {
        if (HasEnded || !s_events[number].Can(this))
        {
            return false;
        }
        s_events[number].Do(this);
        if (_resumes)
        {
            // The cache does as it is told, and says so.
            _resumes = false;
            if (_cache.IsThere && !_cache.Reads)
            {
                CacheReady();
            }
        }
        return true;
    }

    /// <summary>What must hold after everything that happens.</summary>
    /// <returns>What does not; null: all is well.</returns>
    public string? Broken()
    {
        if (HasEnded)
        {
            return null;
        }
        foreach (var member in _members)
        {
            if (!_relayed.Contains(member) && !IsTrulyRead(member))
            {
                return $"socket {member.Cookie} is in the group, is not read and not relayed";
            }
        }
        if (_intercepts && _members.Count == 0)
        {
            return "the ClusterIP is intercepted and there is no socket";
        }
        var isReady = Machine.Duties.NotReady is null;
        if (isReady && !(_cache.Reads && !_isWrong && _members.TrueForAll(IsTrulyRead)))
        {
            return "ready, and not every lookup is answered by a cache";
        }
        if (isReady != (Machine is { State: GuardState.Guarding, Trust: CacheTrust.Serving }))
        {
            return "ready is not what the table says";
        }
        if (Machine.Trust == CacheTrust.Crashed && Machine.Duties.Intercepts && Machine.State == GuardState.Guarding)
        {
            return "a cache that dies again and again keeps the ClusterIP from kube-proxy";
        }
        return null;
    }

    public void Follow()
    {
        _relayed.Clear();
        _relayed.UnionWith(_members.Where(m => !Machine.IsRead(m)));
        if (Machine.Duties.KeepsNode)
        {
            _intercepts = Machine.Duties.Intercepts;
        }
    }

    public void Claim()
    {
        if (_predecessor.IsThere)
        {
            _isPredecessorAsked = true;
        }
        else
        {
            ClaimAlone();
        }
    }

    public void ClaimAlone() => _opens = true;

    public void RelievePredecessor() => _predecessor.Reads = false;

    /// <summary>Its guard guards again: what it had, it reads or relays.</summary>
    public void ReturnToPredecessor() => _predecessor.Reads = true;

    public void DrainCache() => _cache.Reads = false;

    public void ResumeCache() => _resumes = true;

    public void DistrustForAWhile() => _isDistrustOver = false;

    public void Linger() => _isLingering = true;

    public void Leave() => HasEnded = true;

    public void End() => HasEnded = true;

    private bool IsTrulyRead(GroupMember member) =>
        _cache.Has.Contains(member) && _cache.Reads
        || _predecessor.Has.Contains(member) && _predecessor.Reads
        || _successor.Has.Contains(member) && _successor.Reads;

    private static readonly (string Name, Func<FakeNode, bool> Can, Action<FakeNode> Do)[] s_events =
    [
        ("the old guard gives its sockets", n => n is { _isPredecessorAsked: true, _predecessor.IsThere: true, Machine.State: GuardState.Claiming }, n =>
        {
            n._isPredecessorAsked = false;
            foreach (var member in n._predecessor.Has)
            {
                if (!n._members.Contains(member))
                {
                    n._members.Add(member);
                }
                member.PredecessorHas = true;
            }
            n.Machine.PredecessorGave();
            n.Machine.Claimed();
        }),
        ("sockets are opened", n => n is { _opens: true, Machine.State: GuardState.Claiming }, n =>
        {
            n._opens = false;
            if (n._members.Count == 0)
            {
                n._members.Add(n.NewSocket());
                n._members.Add(n.NewSocket());
            }
            n.Machine.Claimed();
        }),
        ("the old guard dies", n => n._predecessor.IsThere, n =>
        {
            n._predecessor.Clear();
            foreach (var member in n._members)
            {
                member.PredecessorHas = false;
            }
            n.Machine.PredecessorGone();
        }),
        ("a cache takes the sockets and wants more", n => n.Machine.Duties.Admits && !n._cache.IsThere, n =>
        {
            n._members.Add(n.NewSocket());
            n.Machine.SocketsChanged();
            n._cache.IsThere = true;
            n._isAnother = true;
            n._isWrong = false;
            n._cache.Has.UnionWith(n._members);
        }),
        ("a cache that answers wrongly takes the sockets", n => n.Machine.Duties.Admits && !n._cache.IsThere, n =>
        {
            n._cache.IsThere = true;
            n._isAnother = true;
            n._isWrong = true;
            n._cache.Has.UnionWith(n._members);
        }),
        ("the cache is ready", n => n._cache is { IsThere: true, Reads: false } && n._isAnother, n => n.CacheReady()),
        ("the cache dies", n => n._cache.IsThere, n => n.CacheDies(heldBack: false)),
        ("the cache dies again and again", n => n._cache.IsThere, n => n.CacheDies(heldBack: true)),
        ("the cache stops", n => n._cache is { IsThere: true, Reads: true }, n =>
        {
            n._cache.Reads = false;
            n._isAnother = true;
            n.Machine.CacheLost(heldBack: false);
        }),
        ("the cache hangs", n => n._cache is { IsThere: true, Reads: true } && n.Machine.State == GuardState.Guarding, n =>
        {
            n._cache.Reads = false;
            n.Machine.CacheHung();
        }),
        ("the cache turns again", n => n._cache is { IsThere: true, Reads: false } && n.Machine.Trust == CacheTrust.Hung, n =>
        {
            n._cache.Reads = true;
            n.Machine.CacheTurns();
        }),
        ("a probe is answered", n => n._cache.Reads && !n._isWrong, n => n.Machine.ProbeAnswered()),
        ("three probes fail", n => n._cache.Reads && n._isWrong, n =>
        {
            for (var i = 0; i <= GuardMachine.ToleratedFailures; i++)
            {
                n.Machine.ProbeFailed();
            }
        }),
        ("the cache is mended", n => n._cache.IsThere && n._isWrong, n => n._isWrong = false),
        ("the time without trust is over", n => !n._isDistrustOver, n =>
        {
            n._isDistrustOver = true;
            n.Machine.TryAgain();
        }),
        ("the next cache is welcome again", n => n._isHeldBack, n =>
        {
            n._isHeldBack = false;
            n.Machine.HeldBackOver();
        }),
        ("the next guard takes the sockets", n => !n._successor.IsThere && n.Machine.Duties.KeepsNode, n =>
        {
            n._successor.IsThere = true;
            n._successor.Has.UnionWith(n._members);
            foreach (var member in n._members)
            {
                member.SuccessorHas = true;
            }
            n.Machine.SuccessorTook();
        }),
        ("the next guard's cache serves", n => n._successor is { IsThere: true, Reads: false }
            && n.Machine.State is GuardState.Guarding or GuardState.Stopping, n =>
        {
            n._successor.Reads = true;
            n.Machine.SuccessorRelieves();
        }),
        ("the next guard dies", n => n._successor.IsThere, n =>
        {
            var hadRelieved = n._successor.Reads;
            n._successor.Clear();
            foreach (var member in n._members)
            {
                member.SuccessorHas = false;
            }
            n.Machine.SuccessorGone(hadRelieved);
        }),
        ("the guard is told to stop", n => !n.Machine.IsEnding, n => n.Machine.Stop()),
        ("lingering is over", n => n._isLingering, n => n.Leave()),
    ];

    private GroupMember NewSocket()
    {
        var endPoint = new IPEndPoint(IPAddress.Parse("169.254.20.10"), 53);
        return new GroupMember(new ListenSocket(++_ports, ListenProtocol.Udp, endPoint, _ports), (ulong)_ports);
    }

    private void CacheReady()
    {
        _cache.Reads = true;
        foreach (var member in _members)
        {
            member.CacheReads = _cache.Has.Contains(member);
        }
        var isAnother = _isAnother;
        _isAnother = false;
        Machine.CacheReady(isAnother);
        // Told to stop reading meanwhile, or never asked: it obeys.
        if (Machine.State is GuardState.Relieved or GuardState.Stopping)
        {
            _cache.Reads = false;
        }
    }

    private void CacheDies(bool heldBack)
    {
        _cache.Clear();
        _isHeldBack |= heldBack;
        Machine.CacheLost(heldBack: false);
        if (heldBack)
        {
            Machine.CacheLost(heldBack: true);
        }
    }

    /// <summary>Somebody beside the guard who holds sockets.</summary>
    private sealed class Reader
    {
        public HashSet<GroupMember> Has { get; } = [];

        public bool IsThere { get; set; }

        public bool Reads { get; set; }

        public void Clear()
        {
            Has.Clear();
            IsThere = false;
            Reads = false;
        }
    }
}
