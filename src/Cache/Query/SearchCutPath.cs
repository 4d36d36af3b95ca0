using NodeDns.Cache.Cuts;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>What search_cut adds to a miss: denies names that search lists make of outside names, and asks what it has to
/// know for that. There is one for each worker.</summary>
/// <remarks>
/// <code>
/// miss ─▶ below a denied place? ─ yes ─▶ reply from memory ─▶ behind it, one question in 64 goes to cluster DNS
///           │ no
///           └▶ the client's own question goes to cluster DNS ─▶ beside it, a question for the place itself
/// </code>
/// <see cref="CutLessons"/> is what the answers teach.
/// </remarks>
internal sealed class SearchCutPath(EventLoop loop, QueryShared shared, Replies replies, WaitingClients waiting,
    AnswerPath answers)
{
    /// <summary>How long it counts, for asking ahead, that a label is no namespace and no Service. Longer than the denial
    /// itself: the lookup that asks ahead learns of a change with its own questions.</summary>
    private const long ProofMs = 60_000;

    /// <summary>The most names asked ahead at a time. No client waits for them, so no client's limit counts them.</summary>
    private const int AheadMaximum = 256;

    private readonly int _probes = shared.Registry.Counter(MetricNames.CutProbes, MetricNames.CutProbesHelp);
    private readonly int _samples = shared.Registry.Counter(MetricNames.CutSamples, MetricNames.CutSamplesHelp);
    private readonly int _askedAhead = shared.Registry.Counter(MetricNames.AskedAhead, MetricNames.AskedAheadHelp);
    private int _ahead;

    /// <summary>Replies with a denial from memory, if the name is below a place that cluster DNS has denied.</summary>
    public bool TryDeny(SearchCutModel cut, in ClientQuery query, in AnswerKey key, CacheModel cache, Span<byte> reply,
        out QueryOutcome outcome)
    {
        outcome = default;
        if (!IsSearch(query))
        {
            return false;
        }

        Span<CutPlace> places = stackalloc CutPlace[CutPlace.Maximum];
        places = places[..CutPlace.Find(query.Name, cut.Domain, places)];
        foreach (var place in places)
        {
            if (cut.State.Points.Find(query.Name[place.Start..]) is not { } point
                || point.LiveAt(loop.NowMs) is not { } denial || HasStaleSuccess(key, cache))
            {
                continue;
            }

            Use(point);
            point.Use();
            query.Zone.CacheMetrics?.Hit(replies.Counters, denial: true);
            query.Zone.CacheMetrics?.CutDenial(replies.Counters);
            outcome = Reply(query, denial, DnsHeader.Length + query.Name.Length - cut.Domain.Length, reply);
            if (point.TakeSample())
            {
                Sample(point, query, key);
            }

            AskAhead(cut, query, places);
            return true;
        }

        return false;
    }

    /// <summary>Called when the client's own question goes to cluster DNS: asks for the places that it is below, and for
    /// the name that the client really means.</summary>
    public void AskBeside(SearchCutModel cut, in ClientQuery query)
    {
        if (!IsSearch(query))
        {
            return;
        }

        Span<CutPlace> places = stackalloc CutPlace[CutPlace.Maximum];
        places = places[..CutPlace.Find(query.Name, cut.Domain, places)];
        foreach (var place in places)
        {
            if (LabelAt(cut, query.Name, place) is { } label)
            {
                var point = cut.State.Points.FindOrAdd(query.Name[place.Start..], label, loop.NowMs);
                Use(point);
                Probe(point, query.Zone, query.Forwarders);
            }
        }

        AskAhead(cut, query, places);
    }

    /// <summary>Asks for the name of a point, unless that was done lately.</summary>
    public void Probe(CutPoint point, ZoneModel zone, IForwarder[] forwarders)
    {
        var forward = zone.Block.NextForward(point.Name);
        if (forward < 0 || !point.TakeProbe(loop.NowMs))
        {
            return;
        }

        var key = new AnswerKey(point.Name, Qtype.A, Qclass.IN, zone.Block.Scope.Number, KeyFlags.None);
        if (answers.Ask(key, zone, forwarders, forward) == JoinOutcome.Started)
        {
            replies.Counters.Increment(_probes);
        }
    }

    /// <summary>A name that was asked ahead has its answer, or will not get one.</summary>
    public void AheadDone() => _ahead--;

    /// <summary>Only what stub resolvers ask with a search list. A client that sets DO or CD wants to judge the denial
    /// itself.</summary>
    private static bool IsSearch(in ClientQuery query) =>
        query.Type is Qtype.A or Qtype.AAAA && query.Class == Qclass.IN && query.KeyFlags == KeyFlags.None;

    private void Use(CutPoint point)
    {
        point.LastUsedMs = loop.NowMs;
        point.Label.SeenAt(loop.NowMs);
    }

    /// <returns>null when nothing may be learnt there.</returns>
    private OutsideLabel? LabelAt(SearchCutModel cut, ReadOnlySpan<byte> name, CutPlace place) =>
        cut.State.Labels.Find(place.Label(name)) is { } label && !label.IsOffAt(loop.NowMs) ? label : null;

    /// <summary>Stale answers go by the block's own rules, which may prefer a positive one to a denial.</summary>
    private bool HasStaleSuccess(in AnswerKey key, CacheModel cache)
    {
        if (cache.Stale is null)
        {
            return false;
        }

        var found = shared.Store.TryGet(
            key, new GetOptions(loop.NowMs, cache.StaleMs), waiting.Scratch, DnsHeader.Length, out var stored);
        return found is GetOutcome.Stale or GetOutcome.Fresh or GetOutcome.TooLarge && stored.Kind == AnswerKind.Success;
    }

    private QueryOutcome Reply(in ClientQuery query, CutDenial denial, int soaOwner, Span<byte> reply)
    {
        var scratch = waiting.Scratch;
        ReplyFinish.Begin(scratch, query.Question, query.Needs, (ushort)Rcode.NXDomain);
        var length = denial.Write(scratch, query.QuestionEnd, soaOwner, loop.NowMs);
        return replies.FromCut(query, scratch, length, reply);
    }

    /// <summary>Asks cluster DNS what has just been denied from memory.</summary>
    private void Sample(CutPoint point, in ClientQuery query, in AnswerKey key)
    {
        var forward = query.Zone.Block.NextForward(query.Name);
        switch (forward < 0 ? JoinOutcome.Full : answers.Ask(key, query.Zone, query.Forwarders, forward))
        {
            case JoinOutcome.Started:
                replies.Counters.Increment(_samples);
                break;
            case JoinOutcome.Full:
                point.SampleAgain();
                break;
        }
    }

    /// <summary>Fetches the name that the client will ask for when its search list is at its end. Only for the first
    /// question of a search list, and only where the name cannot be one of the cluster: no namespace is called like its
    /// last label, and if it has just two labels, no Service of the client's namespace is.</summary>
    private void AskAhead(SearchCutModel cut, in ClientQuery query, ReadOnlySpan<CutPlace> places)
    {
        if (places.IsEmpty || places[0] is not { IsInNamespace: true } place || _ahead >= AheadMaximum
            || LabelAt(cut, query.Name, place) is not { IsSeen: true } label
            || !IsProven(cut, PlaceNames.OfNamespace(stackalloc byte[DnsName.MaxLength], label.Text, cut.Domain))
            || place.LabelsBelow == 1 && !IsProven(cut, query.Name[place.Start..]))
        {
            return;
        }

        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        var length = place.Start + 1 + label.Text.Length;
        query.Name[..length].CopyTo(name);
        name[length] = 0;
        name = name[..(length + 1)];
        if (query.Server.Zones.Find(name) is { } zone && CanFetch(zone.Block, query.Type) && !DnsName.IsWithin(name, cut.Domain))
        {
            Fetch(name, query, zone);
        }
    }

    private bool IsProven(SearchCutModel cut, ReadOnlySpan<byte> name) =>
        cut.State.Points.Find(name) is { Denial: { } denial, Label.HasEnded: false }
        && loop.NowMs - denial.ReceivedMs < Math.Max(ProofMs, denial.ExpiresMs - denial.ReceivedMs);

    /// <summary>True when nothing in the block decides who may ask for a name, or answers it without asking
    /// upstream.</summary>
    private static bool CanFetch(BlockModel block, Qtype type) =>
        block is { BeforeCache: [], Rewrite: null, Cache: not null } && (block.Dns64 is null || type == Qtype.A)
        && Array.TrueForAll(block.AfterCache, step => step.Plugin is LoopPlugin) && block.Loop is not { IsLooping: true };

    private void Fetch(ReadOnlySpan<byte> name, in ClientQuery query, ZoneModel zone)
    {
        var block = zone.Block;
        var key = new AnswerKey(name, query.Type, Qclass.IN, block.Scope.Number, KeyFlags.None);
        var now = new GetOptions(loop.NowMs);
        var forward = block.NextForward(name);
        if (forward < 0 || !block.Cache!.Covers(name) || query.Forwarders[block.Forwards[forward].Index].IsKnownDead
            || Has(key, now) || Has(key.ForFailure(), now)
            || answers.Ask(key, zone, query.Forwarders, forward, isAhead: true) != JoinOutcome.Started)
        {
            return;
        }

        _ahead++;
        replies.Counters.Increment(_askedAhead);
    }

    private bool Has(in AnswerKey key, in GetOptions now) => shared.Store.TryGet(
        key, now, waiting.Scratch, DnsHeader.Length, out _) is GetOutcome.Fresh or GetOutcome.TooLarge;
}
