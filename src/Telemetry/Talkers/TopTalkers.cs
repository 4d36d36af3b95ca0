using System.Buffers.Binary;
using System.Net;

namespace NodeDns.Telemetry.Talkers;

/// <summary>The clients of the node that ask most, over all workers, as metrics: at most <see cref="MostListed"/> by their
/// address, the others together as <see cref="Other"/>.</summary>
/// <remarks>The workers' tables are read at a scrape. A client that is on the list stays there until one comes that
/// ranks more than twice as high, or until it has asked nothing for an hour: so clients that ask about as much as each
/// other do not take turns. What is counted for clients before they are listed or after is counted as other, so that the
/// sum over all is that of all lookups, and no number ever falls while its client is listed.</remarks>
public sealed class TopTalkers
{
    public const int MostListed = 64;

    /// <summary>The label's value for the clients that are not listed.</summary>
    public const string Other = "other";

    private const long ForgetAfterMs = 3_600_000;
    private const int ClearlyHigher = 2;

    private readonly bool _isOn;
    private readonly Dictionary<UInt128, TalkerGain> _gains = [];
    private readonly Dictionary<UInt128, Listed> _listed = [];
    private TalkerTable[] _attached = [];
    private TalkerCounts _attributed;
    private TalkerCounts _other;

    /// <param name="isOn">false: no address is counted or shown.</param>
    public TopTalkers(bool isOn) => _isOn = isOn;

    /// <summary>Creates the table of a worker. Must be called before the workers start.</summary>
    public TalkerTable Attach()
    {
        var table = new TalkerTable(_isOn);
        Volatile.Write(ref _attached, [.. _attached, table]);
        return table;
    }

    /// <summary>Shows the counts at each scrape.</summary>
    /// <param name="nowMs">A clock that never goes back.</param>
    public void Register(MetricRegistry registry, Func<long> nowMs)
    {
        if (!_isOn)
        {
            return;
        }

        registry.BeforeScrape(() => Update(nowMs()));
        Show(MetricNames.ClientQueries, MetricNames.ClientQueriesHelp, TalkerCount.Queries);
        Show(MetricNames.ClientMisses, MetricNames.ClientMissesHelp, TalkerCount.Misses);
        Show(MetricNames.ClientNxDomain, MetricNames.ClientNxDomainHelp, TalkerCount.NxDomain);
        Show(MetricNames.ClientFailures, MetricNames.ClientFailuresHelp, TalkerCount.Failures);

        void Show(string name, string help, TalkerCount count) => registry.CounterSeries(name, help, () => Series(count));
    }

    /// <summary>Reads the workers' tables, and decides who is listed.</summary>
    internal void Update(long nowMs)
    {
        _gains.Clear();
        var total = default(TalkerCounts);
        foreach (var table in Volatile.Read(ref _attached))
        {
            total.Add(table.Collect(_gains));
        }

        foreach (var (client, listed) in _listed.ToArray())
        {
            var gain = _gains.GetValueOrDefault(client);
            listed.Rank = gain.Rank;
            listed.LastMs = gain.Counts.Any ? nowMs : listed.LastMs;
            if (nowMs - listed.LastMs > ForgetAfterMs)
            {
                _listed.Remove(client);
            }
        }

        foreach (var (client, gain) in _gains.OrderByDescending(gain => gain.Value.Rank))
        {
            if (!gain.Counts.Any || _listed.ContainsKey(client))
            {
                continue;
            }

            if (_listed.Count == MostListed && !TryMakeRoom(gain.Rank))
            {
                break;
            }

            _listed[client] = new Listed(MetricText.Labels(("client", Text(client)))) { Rank = gain.Rank, LastMs = nowMs };
        }

        foreach (var (client, listed) in _listed)
        {
            var gained = _gains.GetValueOrDefault(client).Counts;
            listed.Counts.Add(gained);
            _attributed.Add(gained);
        }

        // Not below what was shown: a worker counts on while its table is read.
        for (var i = 0; i < TalkerCounts.Length; i++)
        {
            _other[i] = Math.Max(_other[i], total[i] - _attributed[i]);
        }
    }

    private bool TryMakeRoom(long rank)
    {
        var (client, least) = _listed.MinBy(listed => listed.Value.Rank);
        return rank > ClearlyHigher * least.Rank && _listed.Remove(client);
    }

    private IEnumerable<(string Labels, long Value)> Series(TalkerCount count)
    {
        foreach (var listed in _listed.Values.OrderBy(listed => listed.Labels, StringComparer.Ordinal))
        {
            yield return (listed.Labels, listed.Counts[count]);
        }

        yield return (MetricText.Labels(("client", Other)), _other[count]);
    }

    private static string Text(UInt128 client)
    {
        Span<byte> octets = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(octets, client);
        var address = new IPAddress(octets);
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    private sealed class Listed(string labels)
    {
        public TalkerCounts Counts;

        public string Labels => labels;

        public long Rank { get; set; }

        public long LastMs { get; set; }
    }
}
