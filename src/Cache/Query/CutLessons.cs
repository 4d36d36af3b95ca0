using NodeDns.Cache.Cuts;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>What search_cut learns from upstream's answers, and forgets. There is one for each worker.</summary>
internal sealed class CutLessons(EventLoop loop, QueryShared shared, Replies replies, SearchCutPath path)
{
    /// <summary>A denial in use is renewed so long before it expires, so that no question has to leave in between.</summary>
    private const int RenewAheadMs = 50;

    /// <summary>After a question for a point's name that told nothing, how long it is not asked again.</summary>
    private const int PauseMs = 1000;

    private readonly int _disagreements =
        shared.Registry.Counter(MetricNames.CutDisagreements, MetricNames.CutDisagreementsHelp);

    /// <summary>Takes note of an answer.</summary>
    /// <param name="scan">The answer as upstream sent it.</param>
    /// <param name="answer">The message that was read.</param>
    public void OnAnswer(PendingQuery pending, AnswerScan scan, ReadOnlySpan<byte> answer)
    {
        if (!Concerns(pending))
        {
            return;
        }

        var block = pending.Zone.Block;
        if (block.SearchCut is { } own && DnsName.IsWithin(pending.Name, own.Domain))
        {
            Inside(own, pending, scan, answer);
        }
        else if ((Rcode)scan.Rcode == Rcode.NoError && scan.AnswersQtype)
        {
            Outside(pending);
        }
    }

    /// <summary>Takes note that upstream has not answered.</summary>
    public void OnFailure(PendingQuery pending)
    {
        if (!Concerns(pending) || pending.Zone.Block.SearchCut is not { } cut)
        {
            return;
        }

        if (PointOf(cut, pending) is { } point)
        {
            point.ProbeAgain(loop.NowMs + PauseMs);
        }

        Span<CutPlace> places = stackalloc CutPlace[CutPlace.Maximum];
        foreach (var place in places[..CutPlace.Find(pending.Name, cut.Domain, places)])
        {
            cut.State.Points.Find(pending.Name[place.Start..])?.SampleAgain();
        }
    }

    /// <summary>Renews a denial that is in use.</summary>
    public void Renew(CutRenewal renewal)
    {
        var point = renewal.Point;
        if (!point.Label.HasEnded && !renewal.IsRetired && point.TakeRenewal())
        {
            path.Probe(point, renewal.Zone, renewal.Forwarders);
        }
    }

    private static bool Concerns(PendingQuery pending) => pending is
    {
        Qtype: Qtype.A or Qtype.AAAA, Qclass: Qclass.IN, Rewritten: null,
    };

    /// <summary>The point whose own name was asked for.</summary>
    private static CutPoint? PointOf(SearchCutModel cut, PendingQuery pending) =>
        pending is { Qtype: Qtype.A, Flags: KeyFlags.None } ? cut.State.Points.Find(pending.Name) : null;

    /// <summary>A name has resolved outside the cluster: its last label is one.</summary>
    private void Outside(PendingQuery pending)
    {
        var name = pending.Name;
        var last = 0;
        for (var at = 0; name[at] != 0; at += name[at] + 1)
        {
            last = at;
        }

        // A name of one label says nothing about names that end in it.
        if (last == 0)
        {
            return;
        }

        var label = name.Slice(last + 1, name[last]);
        foreach (var cut in pending.Zone.Block.SearchCuts)
        {
            if (!DnsName.IsWithin(name, cut.Domain) && CutPlace.IsLabel(label) && cut.State.Labels.See(label, loop.NowMs))
            {
                AskForNamespace(cut, label, pending.Forwarders);
            }
        }
    }

    /// <summary>Whether a namespace is called like a new label decides whether names may be asked ahead.</summary>
    private void AskForNamespace(SearchCutModel cut, ReadOnlySpan<byte> text, IForwarder[] forwarders)
    {
        var name = PlaceNames.OfNamespace(stackalloc byte[DnsName.MaxLength], text, cut.Domain);
        if (!name.IsEmpty && cut.State.Labels.Find(text) is { } label)
        {
            path.Probe(cut.State.Points.FindOrAdd(name, label, loop.NowMs), cut.Zone, forwarders);
        }
    }

    /// <summary>Cluster DNS has answered for a name of its own.</summary>
    private void Inside(SearchCutModel cut, PendingQuery pending, AnswerScan scan, ReadOnlySpan<byte> answer)
    {
        var isDenied = (Rcode)scan.Rcode == Rcode.NXDomain && CacheRules.KindOf(scan) == AnswerKind.Denial;
        var exists = (Rcode)scan.Rcode == Rcode.NoError;
        Span<CutPlace> places = stackalloc CutPlace[CutPlace.Maximum];
        foreach (var place in places[..CutPlace.Find(pending.Name, cut.Domain, places)])
        {
            if (cut.State.Points.Find(pending.Name[place.Start..]) is not { } above)
            {
                continue;
            }

            if (exists)
            {
                Contradicted(cut, above, pending);
            }
            else if (!isDenied)
            {
                above.SampleAgain();
            }
            else if (pending.Flags == KeyFlags.None)
            {
                above.DeniedBelow(pending.Hash);
            }
        }

        if (PointOf(cut, pending) is not { } point)
        {
            return;
        }

        if (exists)
        {
            point.Contradicted();
        }

        if (isDenied && scan.AnswerCount == 0 && ReadDenial(cut, pending, scan, answer) is { } denial)
        {
            var renewMs = Math.Max(denial.ExpiresMs - RenewAheadMs, loop.NowMs + 1);
            point.Denied(denial, renewMs);
            loop.Arm(new CutRenewal(this, point, pending.Zone, pending.Forwarders), renewMs - loop.NowMs);
        }
        else
        {
            var ttl = scan.HasAuthoritySoa ? Math.Min(scan.MinTtl, scan.SoaMinimum) : 0;
            point.ProbeAgain(loop.NowMs + Math.Max(PauseMs, Math.Min(ttl, Limit(pending)) * 1000L));
        }
    }

    /// <summary>Something exists where names are denied from memory: the label is off from now on.</summary>
    private void Contradicted(SearchCutModel cut, CutPoint point, PendingQuery pending)
    {
        if (point.LiveAt(loop.NowMs) is not null && cut.State.Labels.SwitchOff(point.Label, loop.NowMs))
        {
            replies.Counters.Increment(_disagreements);
            shared.Log.SearchCutOff(Text(point.Label), DnsName.ToText(cut.Domain), DnsName.ToText(pending.Name),
                DnsName.ToText(point.Name));
        }

        point.Contradicted();
    }

    private static string Text(OutsideLabel label) => System.Text.Encoding.ASCII.GetString(label.Text);

    private static uint Limit(PendingQuery pending) => pending.Zone.Block.Cache?.DenialTtlSeconds ?? 0;

    /// <returns>null when the answer may not be kept, or is not the cluster zone's own denial.</returns>
    private CutDenial? ReadDenial(SearchCutModel cut, PendingQuery pending, AnswerScan scan, ReadOnlySpan<byte> answer)
    {
        var ttl = Math.Min(Math.Min(scan.MinTtl, scan.SoaMinimum), Limit(pending));
        if (ttl == 0)
        {
            return null;
        }

        Span<byte> owner = stackalloc byte[DnsName.MaxLength];
        Span<byte> soa = stackalloc byte[CutDenial.SoaMaximum];
        var records = new RecordReader(answer, pending.QuestionEnd);
        while (records.MoveNext())
        {
            if (records is not { Section: Section.Authority, Type: Qtype.SOA })
            {
                continue;
            }

            var length = DnsName.Read(answer, records.OwnerOffset, owner, out var end);
            if (!DnsName.EqualsIgnoreCase(owner[..length], cut.Domain))
            {
                break;
            }

            answer.Slice(end, CutDenial.RdataOffset).CopyTo(soa);
            var data = Rdata.Expand(answer, records, soa[CutDenial.RdataOffset..]);
            return data < 0 ? null : new CutDenial(soa[..(CutDenial.RdataOffset + data)], ttl, loop.NowMs);
        }

        if (cut.State.TakeToTell())
        {
            shared.Log.SearchCutOtherZone(DnsName.ToText(pending.Name), DnsName.ToText(cut.Domain));
        }

        return null;
    }
}
