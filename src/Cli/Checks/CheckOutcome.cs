namespace NodeDns.Cli.Checks;

/// <summary>The result of one check.</summary>
/// <param name="Check">The check.</param>
/// <param name="Findings">Empty when nothing is wrong.</param>
/// <param name="Unknown">Why the check could not be made; null when it could.</param>
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
