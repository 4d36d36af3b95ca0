using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>What the answer to one query, or its silence, says about the ways to a server.</summary>
internal static class PathLessons
{
    /// <summary>What an answer says about the way it took, and about the ways that others did not come.</summary>
    /// <param name="open">The attempts that have not been answered.</param>
    /// <param name="tookEdns">The query had an OPT record, and the server did not mind.</param>
    public static void Answered(in Attempt answered, AttemptSet open, int length, bool tookEdns, long nowMs)
    {
        var path = answered.Server!.Path;
        if (tookEdns)
        {
            path.EdnsAnswered(nowMs);
        }
        if (answered.Proto == UpstreamProto.Udp)
        {
            path.UdpAnswered(nowMs);
            return;
        }
        if (answered.Proto != UpstreamProto.Tcp)
        {
            return;
        }
        path.TcpAnswered();
        var lost = open.UdpAt(answered.Server, out var firstSentMs, out var offered);
        if (lost == 0 || path.UdpAnsweredSince(firstSentMs))
        {
            if (lost > 0 && length > ServerPath.SmallOctets && offered >= length)
            {
                path.LargeLost(nowMs);
            }
        }
        else if (lost > 1 || path.IsUdpDoubted(nowMs))
        {
            path.UdpSilent(nowMs);
        }
    }

    /// <param name="waitedLong">The server has had its time, and knows the answer.</param>
    public static bool IsTcpSilence(in Attempt overdue, bool waitedLong) =>
        overdue.Connection is { IsConnected: false } || (overdue.Connection is not null && waitedLong);

    /// <summary>A server that has answered with an OPT record before is more likely to be slow, or to have lost one; one
    /// that answers nothing at all is just not there.</summary>
    /// <param name="again">Not the first time that this query meets silence.</param>
    public static void DoubtEdns(Forwarder forwarder, UpstreamState server, ReadOnlySpan<byte> query, bool again)
    {
        if (again || forwarder.Options.MaxFails == 0)
        {
            forwarder.FindOutAboutEdns(server, query);
        }
        else if (!server.Path.IsEdnsProven)
        {
            server.Path.Doubt(query);
        }
    }
}
