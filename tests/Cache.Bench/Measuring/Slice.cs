namespace NodeDns.Bench.Measuring;

/// <summary>One load of about a second on one server.</summary>
/// <param name="CpuUs">The server's processor time for an answer, in microseconds.</param>
/// <param name="OtherShare">Part of the server's processor that other programs took.</param>
/// <param name="StealShare">Part of both processors that the hypervisor gave to others.</param>
internal sealed record Slice(
    double CpuUs, double Qps, double P50Us, double P90Us, double P99Us, long Answered, long Bad, long Lost,
    double OtherShare, double StealShare)
{
    /// <summary>Whether this was a quiet moment: above 8 % the neighbours are in the figure.</summary>
    public bool IsClean => OtherShare <= 0.08 && StealShare <= 0.08;
}
