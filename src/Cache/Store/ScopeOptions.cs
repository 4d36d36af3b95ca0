namespace NodeDns.Cache.Store;

/// <summary>Limits of a scope. A reload may change them.</summary>
/// <param name="SuccessCapacity">The most entries of successes; 0 for no limit but the budget.</param>
/// <param name="DenialCapacity">The most entries of denials. The same limit applies to failures, counted
/// separately.</param>
internal readonly record struct ScopeOptions(int SuccessCapacity = 0, int DenialCapacity = 0);
