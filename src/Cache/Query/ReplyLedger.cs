using System.Diagnostics;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Interop;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Talkers;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Query;

/// <summary>Counts every reply, for its server and for its client, logs it if its block has a log directive, and writes it
/// to the tap while somebody reads that. There is one for each worker.</summary>
internal sealed class ReplyLedger(WorkerCounters counters, TapRing tap, TalkerTable talkers)
{
    private static readonly long s_nanosecondsPerTick = 1_000_000_000 / Stopwatch.Frequency;

    public WorkerCounters Counters => counters;

    /// <param name="reply">The reply as sent; empty when none was sent.</param>
    public void Note(in ClientQuery query, ReadOnlySpan<byte> reply, in ReplyOrigin origin)
    {
        if (query.To.Sink is OwnQuestion own)
        {
            own.By = origin.By;
            return;
        }

        talkers.AnsweredAtOnce(query.To.Client, RcodeOf(reply));
        var nanoseconds = Count(query.Zone.Metrics, query.To, query.Type, query.Needs, query.Message.Length,
            query.ReceivedTicks, reply, origin.By);
        if (tap.IsOn)
        {
            Tell(query.To, query.Name, query.Type, query.ReceivedTicks, nanoseconds, reply, origin);
        }

        Tell(query, reply, nanoseconds);
    }

    public void Note(Waiter waiter, ReadOnlySpan<byte> lowerName, ReadOnlySpan<byte> reply, in ReplyOrigin origin)
    {
        if (waiter.To.Sink is OwnQuestion own)
        {
            own.By = origin.By;
            talkers.AlsoAsked(waiter.To.Client);
            return;
        }

        talkers.AnsweredLater(waiter.To.Client, RcodeOf(reply));
        var nanoseconds = Count(waiter.Zone.Metrics, waiter.To, waiter.Qtype, waiter.Needs, waiter.RequestSize,
            waiter.ReceivedTicks, reply, origin.By);
        if (tap.IsOn)
        {
            Tell(waiter.To, lowerName, waiter.Qtype, waiter.ReceivedTicks, nanoseconds, reply, origin);
        }

        if (waiter.Message is null)
        {
            return;
        }

        var to = waiter.To;
        var query = new ClientQuery(in to)
        {
            Message = waiter.Message,
            Question = waiter.Question,
            Name = lowerName,
            Type = waiter.Qtype,
            Class = waiter.Qclass,
            Needs = waiter.Needs,
            Server = waiter.Server,
            Zone = waiter.Zone,
            Forwarders = [],
            ReceivedTicks = waiter.ReceivedTicks,
        };
        Tell(query, reply, nanoseconds);
    }

    /// <summary>Tells the block's log, and its collectors.</summary>
    private static void Tell(in ClientQuery query, ReadOnlySpan<byte> reply, long nanoseconds)
    {
        var block = query.Zone.Block;
        block.Log?.Write(query.ForPlugins(), reply, TimeSpan.FromTicks(nanoseconds / 100));
        foreach (var dnstap in block.Dnstap)
        {
            dnstap.Client(query.ForPlugins(), query.To.Client, reply, nanoseconds);
        }
    }

    /// <summary>Counts a message that no zone has taken.</summary>
    /// <param name="question">Name, type and class as sent; empty when they could not be parsed.</param>
    public void NoteDropped(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, in ClientNeeds needs,
        ReadOnlySpan<byte> question, Qtype qtype, long receivedTicks, ReadOnlySpan<byte> reply)
    {
        talkers.AnsweredAtOnce(to.Client, RcodeOf(reply));
        var nanoseconds = Count(
            server.Dropped, to, qtype, needs, message.Length, receivedTicks, reply, AnsweredBy.Server);
        if (!tap.IsOn)
        {
            return;
        }

        Span<byte> lowerName = stackalloc byte[DnsName.MaxLength];
        lowerName = lowerName[..Math.Max(0, question.Length - 4)];
        DnsName.ToLower(question[..lowerName.Length], lowerName);
        Tell(to, lowerName, qtype, receivedTicks, nanoseconds, reply, new ReplyOrigin(AnsweredBy.Server));
    }

    private void Tell(in ReplyTo to, ReadOnlySpan<byte> lowerName, Qtype qtype, long receivedTicks, long nanoseconds,
        ReadOnlySpan<byte> reply, in ReplyOrigin origin)
    {
        var rcode = reply.IsEmpty ? Rcode.NoError : DnsHeader.Rcode(reply);
        tap.Write(new TapEntry
        {
            TimeNs = receivedTicks * s_nanosecondsPerTick,
            DurationNs = nanoseconds,
            Upstream = origin.Upstream,
            Client = to.Client,
            Type = (ushort)qtype,
            ReplyLength = (ushort)reply.Length,
            Rcode = (ushort)rcode,
            Source = origin.Source(rcode != Rcode.NoError || reply.IsEmpty || DnsHeader.AnCount(reply) == 0),
            IsTcp = to.IsTcp,
            Name = lowerName,
        });
    }

    private long Count(ServerMetrics metrics, in ReplyTo to, Qtype qtype, in ClientNeeds needs, int requestSize,
        long receivedTicks, ReadOnlySpan<byte> reply, AnsweredBy by)
    {
        var nanoseconds = (Stopwatch.GetTimestamp() - receivedTicks) * s_nanosecondsPerTick;
        metrics.Count(
            counters,
            to.IsTcp,
            to.Client.Family == SocketAddress.FamilyIPv6,
            (ushort)qtype,
            needs.DnssecOk,
            requestSize,
            RcodeOf(reply),
            by,
            reply.Length,
            nanoseconds);
        return nanoseconds;
    }

    private static int RcodeOf(ReadOnlySpan<byte> reply) => reply.IsEmpty ? 0 : (int)DnsHeader.Rcode(reply);
}
