namespace NodeDns.Cache.Store;

/// <summary>Limits of a scope; they may change with a reload.</summary>
/// <param name="SuccessCapacity">Entries at most; 0 is as many as the budget holds.</param>
/// <param name="DenialCapacity">The same for denials; failures have the same limit of their own.</param>
internal readonly record struct ScopeOptions(int SuccessCapacity = 0, int DenialCapacity = 0);
