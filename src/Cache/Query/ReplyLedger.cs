using System.Diagnostics;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Interop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>Counts every reply, and logs it if its block has a log directive. There is one for each worker.</summary>
internal sealed class ReplyLedger(WorkerCounters counters)
{
    private static readonly long s_nanosecondsPerTick = 1_000_000_000 / Stopwatch.Frequency;

    public WorkerCounters Counters => counters;

    /// <param name="reply">The reply as sent; empty when none was sent.</param>
    public void Note(in ClientQuery query, ReadOnlySpan<byte> reply, AnsweredBy by)
    {
        if (query.To.Sink is OwnQuestion own)
        {
            own.By = by;
            return;
        }

        var nanoseconds = Count(query.Zone.Metrics, query.To, query.Type, query.Needs, query.Message.Length,
            query.ReceivedTicks, reply, by);
        query.Zone.Block.Log?.Write(query.ForPlugins(), reply, TimeSpan.FromTicks(nanoseconds / 100));
    }

    public void Note(Waiter waiter, ReadOnlySpan<byte> lowerName, ReadOnlySpan<byte> reply, AnsweredBy by)
    {
        if (waiter.To.Sink is OwnQuestion own)
        {
            own.By = by;
            return;
        }

        var nanoseconds = Count(waiter.Zone.Metrics, waiter.To, waiter.Qtype, waiter.Needs, waiter.RequestSize,
            waiter.ReceivedTicks, reply, by);
        if (waiter.Zone.Block.Log is not { } log)
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
        log.Write(query.ForPlugins(), reply, TimeSpan.FromTicks(nanoseconds / 100));
    }

    /// <summary>Counts a message that no zone has taken.</summary>
    public void NoteDropped(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, in ClientNeeds needs,
        Qtype qtype, long receivedTicks, ReadOnlySpan<byte> reply) =>
        Count(server.Dropped, to, qtype, needs, message.Length, receivedTicks, reply, AnsweredBy.Server);

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
            reply.IsEmpty ? 0 : (int)DnsHeader.Rcode(reply),
            by,
            reply.Length,
            nanoseconds);
        return nanoseconds;
    }
}
