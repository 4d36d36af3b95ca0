using System.Net;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>Keeps <see cref="EndpointSet"/>s up to date: asks the forwards' own servers for the name's addresses, again
/// whenever their TTL has passed. The first worker has one for each name and the servers that are asked for it.</summary>
/// <remarks>While nobody answers, the addresses stay as they are. The answer that there are none empties the sets, and the
/// forwards' own servers are asked as if there were no <c>endpoints</c>.</remarks>
internal sealed class EndpointLookup : LoopTimer, IExchangeOwner
{
    /// <summary>After no answer, and the least time between two look-ups.</summary>
    private const long AgainMs = 1_000;

    /// <summary>While no query comes, how often it is looked whether one has.</summary>
    private const long IdleMs = 5_000;

    /// <summary>A longer TTL would keep pods that have long gone.</summary>
    private const uint TtlMaximumSeconds = 60;

    // The first one asks. All would ask the same servers the same question in the same way.
    private readonly Forwarder[] _forwarders;
    private readonly Qtype[] _types;
    private readonly HashSet<IPAddress> _found = [];
    private readonly HashSet<IPAddress> _servers;
    private readonly Dictionary<string, string?> _told = [];
    private byte[] _query = [];
    private int _asking;
    private int _turn;
    private uint _ttlSeconds;
    private bool _isRunning;

    private EndpointLookup(IEnumerable<Forwarder> forwarders)
    {
        _forwarders = [.. forwarders];
        _servers = [.. Asking.Options.Servers.Select(server => server.Address.Address)];
        _types = [.. _servers.Select(Kind).Distinct()];

        static Qtype Kind(IPAddress address) =>
            address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? Qtype.AAAA : Qtype.A;
    }

    private Forwarder Asking => _forwarders[0];

    /// <summary>Keeps the endpoints of these forwards up to date, of those that have some, until one of them retires. All are
    /// one worker's.</summary>
    public static void Follow(IEnumerable<Forwarder> forwarders)
    {
        foreach (var alike in forwarders.Where(forwarder => forwarder.Group.Endpoints is not null).GroupBy(Question).ToList())
        {
            var lookup = new EndpointLookup(alike);
            foreach (var forwarder in alike)
            {
                forwarder.Endpoints = lookup;
            }

            lookup._isRunning = true;
            lookup.OnTimer();
        }
    }

    public void Stop()
    {
        _isRunning = false;
        Asking.Loop.Cancel(this);
    }

    public override void OnTimer()
    {
        var isAsked = false;
        foreach (var forwarder in _forwarders)
        {
            // Each is read, which resets it.
            isAsked |= forwarder.Group.Endpoints!.TakeAsked() || forwarder.Group.Endpoints.Current.Length == 0;
        }

        if (!isAsked)
        {
            // Nobody needs the pods: on many nodes, most zones are asked for nothing most of the time.
            Asking.Loop.Arm(this, IdleMs);
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
            foreach (var forwarder in _forwarders)
            {
                Use(forwarder, forwarder.Group.Endpoints!);
            }

            Asking.Loop.Arm(this, Math.Max(AgainMs, _ttlSeconds * 1000L));
        }
    }

    public void OnFailure(UpstreamError error)
    {
        if (_isRunning)
        {
            Asking.Loop.Arm(this, AgainMs);
        }
    }

    /// <summary>Whom a forward asks for which name, and how.</summary>
    private static string Question(Forwarder forwarder)
    {
        var options = forwarder.Options;
        return $"{DnsName.ToText(options.Endpoints!.Name)} {string.Join(' ', options.Servers.Select(server => server.To))} "
            + $"{options.ForceTcp} {options.PreferUdp} {options.SourceAddress}";
    }

    private void Ask()
    {
        var name = Asking.Options.Endpoints!.Name;
        _query = new byte[DnsHeader.Length + name.Length + 4];
        DnsHeader.SetFlags(_query, DnsHeader.RD);
        DnsHeader.SetQdCount(_query, 1);
        QuestionReader.Write(_query.AsSpan(DnsHeader.Length), name, _types[_asking], Qclass.IN);
        var servers = Asking.Group.Servers;
        Asking.Probe(_query, servers[_turn++ % servers.Length], this);
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

    private void Use(Forwarder forwarder, EndpointSet set)
    {
        var pods = _found.Where(address => IsPod(address, set.Options)).ToList();
        foreach (var pod in set.Replace(pods))
        {
            forwarder.Prove(pod);
        }

        Tell(set.Options.Text, pods.Count, pods.Count > 0 ? null
            : _found.Count > 0 ? "has only addresses of the servers, of this cache, or that are no pod's"
            : "has no addresses: no such Service, not a headless one, or no pod of it is ready");
    }

    private bool IsPod(IPAddress address, EndpointsOptions options) => !(_servers.Contains(address)
        || options.Own.Contains(address)
        || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6Multicast
        || (address.GetAddressBytes() is [>= 224, _, _, _]));

    /// <summary>Tells a problem once, and once that it is over.</summary>
    private void Tell(string endpoints, int pods, string? problem)
    {
        if (problem == _told.GetValueOrDefault(endpoints))
        {
            return;
        }

        _told[endpoints] = problem;
        if (problem is null)
        {
            Asking.Group.Log.EndpointsFound(endpoints, pods);
        }
        else
        {
            Asking.Group.Log.EndpointsMissing(endpoints, problem);
        }
    }
}
