namespace NodeDns.Cache.Cuts;

/// <summary>The states of the search_cut directives in force, by what decides the answers of their blocks.</summary>
internal sealed class SearchCutStates
{
    private Dictionary<string, SearchCutState> _inForce = [];

    /// <summary>Called when a configuration comes into force, with the identities of its directives. What others have learnt
    /// is forgotten.</summary>
    /// <returns>The states, by identity.</returns>
    public IReadOnlyDictionary<string, SearchCutState> Use(IEnumerable<string> identities) =>
        _inForce = identities.Distinct().ToDictionary(
            identity => identity, identity => _inForce.GetValueOrDefault(identity) ?? new SearchCutState());
}
