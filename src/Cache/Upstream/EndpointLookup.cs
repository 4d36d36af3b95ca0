using System.Net;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>Keeps an <see cref="EndpointSet"/> up to date: asks the forward's own servers for the name's addresses, again
/// whenever their TTL has passed. The first worker has one.</summary>
/// <remarks>While nobody answers, the addresses stay as they are. The answer that there are none empties the set, and the
/// forward's own servers are asked as if there were no <c>endpoints</c>.</remarks>
internal sealed class EndpointLookup : LoopTimer, IExchangeOwner
{
    /// <summary>After no answer, and the least time between two look-ups.</summary>
    private const long AgainMs = 1_000;

    /// <summary>While no query comes, how often it is looked whether one has.</summary>
    private const long IdleMs = 5_000;

    /// <summary>A longer TTL would keep pods that have long gone.</summary>
    private const uint TtlMaximumSeconds = 60;

    private readonly Forwarder _forwarder;
    private readonly EndpointSet _set;
    private readonly Qtype[] _types;
    private readonly HashSet<IPAddress> _found = [];
    private readonly HashSet<IPAddress> _servers;
    private byte[] _query = [];
    private int _asking;
    private int _turn;
    private uint _ttlSeconds;
    private bool _isRunning;
    private string? _told;

    public EndpointLookup(Forwarder forwarder, EndpointSet set)
    {
        _forwarder = forwarder;
        _set = set;
        _servers = [.. forwarder.Options.Servers.Select(server => server.Address.Address)];
        _types = [.. _servers.Select(Kind).Distinct()];

        static Qtype Kind(IPAddress address) =>
            address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? Qtype.AAAA : Qtype.A;
    }

    public void Start()
    {
        _isRunning = true;
        OnTimer();
    }

    public void Stop()
    {
        _isRunning = false;
        _forwarder.Loop.Cancel(this);
    }

    public override void OnTimer()
    {
        if (_set.Current.Length > 0 && !_set.TakeAsked())
        {
            // Nobody needs the pods: on many nodes, most zones are asked for nothing most of the time.
            _forwarder.Loop.Arm(this, IdleMs);
            return;
        }

        _asking = 0;
        _found.Clear();
        _ttlSeconds = TtlMaximumSeconds;
        Ask();
    }

    public void OnAnswer(ReadOnlySpan<byte> message, in TapUpstream from)
    {
        if (!_isRunning)
        {
            return;
        }

        if (DnsHeader.Rcode(message) is not (Rcode.NoError or Rcode.NXDomain) || !TryRead(message))
        {
            OnFailure(UpstreamError.Malformed);
        }
        else if (++_asking < _types.Length)
        {
            Ask();
        }
        else
        {
            Use();
            _forwarder.Loop.Arm(this, Math.Max(AgainMs, _ttlSeconds * 1000L));
        }
    }

    public void OnFailure(UpstreamError error)
    {
        if (_isRunning)
        {
            _forwarder.Loop.Arm(this, AgainMs);
        }
    }

    private void Ask()
    {
        var name = _set.Options.Name;
        _query = new byte[DnsHeader.Length + name.Length + 4];
        DnsHeader.SetFlags(_query, DnsHeader.RD);
        DnsHeader.SetQdCount(_query, 1);
        QuestionReader.Write(_query.AsSpan(DnsHeader.Length), name, _types[_asking], Qclass.IN);
        var servers = _forwarder.Group.Servers;
        _forwarder.Probe(_query, servers[_turn++ % servers.Length], this);
    }

    private bool TryRead(ReadOnlySpan<byte> message)
    {
        var records = new RecordReader(message, _query.Length);
        while (records.MoveNext())
        {
            if (records.Section == Section.Answer && records.Type == _types[_asking])
            {
                _found.Add(new IPAddress(records.Rdata));
                _ttlSeconds = Math.Min(_ttlSeconds, records.Ttl);
            }
            else if (records.Section == Section.Authority)
            {
                _ttlSeconds = Math.Min(_ttlSeconds, records.Ttl);
            }
        }

        // A truncated answer names some of the pods, which will do.
        return !records.IsMalformed && (_found.Count > 0 || (DnsHeader.Flags(message) & DnsHeader.TC) == 0);
    }

    private void Use()
    {
        var left = _found.RemoveWhere(IsNoPod);
        foreach (var pod in _set.Replace(_found))
        {
            _forwarder.Prove(pod);
        }

        Tell(_found.Count > 0 ? null
            : left > 0 ? "has only addresses of the servers, of this cache, or that are no pod's"
            : "has no addresses: no such Service, not a headless one, or no pod of it is ready");
    }

    private bool IsNoPod(IPAddress address) => _servers.Contains(address) || _set.Options.Own.Contains(address)
        || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6Multicast
        || (address.GetAddressBytes() is [>= 224, _, _, _]);

    /// <summary>Tells a problem once, and once that it is over.</summary>
    private void Tell(string? problem)
    {
        if (problem == _told)
        {
            return;
        }

        _told = problem;
        if (problem is null)
        {
            _forwarder.Group.Log.EndpointsFound(_set.Options.Text, _found.Count);
        }
        else
        {
            _forwarder.Group.Log.EndpointsMissing(_set.Options.Text, problem);
        }
    }
}
