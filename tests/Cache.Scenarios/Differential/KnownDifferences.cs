namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>A kind of difference that is meant.</summary>
/// <param name="Heading">Its heading in docs/differences.md, where the reason stands.</param>
internal sealed record KnownDifference(string Heading, Func<Difference, bool> Explains);

/// <summary>Every kind of difference that is meant; the first that explains one counts.</summary>
internal static class KnownDifferences
{
    public static readonly KnownDifference[] All = [];

    public static KnownDifference? Of(Difference difference) =>
        All.FirstOrDefault(known => known.Explains(difference));
}
