namespace NodeDns.Cli.Checks;

/// <summary>What came of one check.</summary>
/// <param name="Check">Which.</param>
/// <param name="Findings">None when all is well.</param>
/// <param name="Unknown">Why it could not be told; null when it could.</param>
internal sealed record CheckOutcome(Check Check, IReadOnlyList<Finding> Findings, string? Unknown)
{
    public static async Task<CheckOutcome> OfAsync(Check check, Examination examination, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        try
        {
            await check.RunAsync(examination, findings, cancel);
            return new CheckOutcome(check, findings, null);
        }
        catch (Cluster.ClusterException e)
        {
            return new CheckOutcome(check, findings, e.Message);
        }
    }
}
