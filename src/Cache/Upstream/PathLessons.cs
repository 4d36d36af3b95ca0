using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>Draws conclusions about the paths to a server from the answer to a query, or from a missing
/// answer.</summary>
internal static class PathLessons
{
    /// <summary>Records what an answer shows about the path that it took, and about paths on which there was no
    /// answer.</summary>
    /// <param name="open">The attempts that are not answered yet.</param>
    /// <param name="tookEdns">The query had an OPT record, and the server did not complain about it.</param>
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

    /// <param name="waitedLong">The server has had enough time, and knows the answer.</param>
    public static bool IsTcpSilence(in Attempt overdue, bool waitedLong) =>
        overdue.Connection is { IsConnected: false } || (overdue.Connection is not null && waitedLong);

    /// <summary>Starts to doubt OPT only for a server that has never answered with an OPT record. Others are more
    /// likely to be slow or to have lost a packet, and a server that answers nothing at all is simply not
    /// there.</summary>
    /// <param name="again">This query has been without an answer before.</param>
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
