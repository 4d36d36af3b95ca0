namespace NodeDns.Cache.Cuts;

/// <summary>What a search_cut directive has learnt. It outlives a reload that leaves the block as it is.</summary>
internal sealed class SearchCutState
{
    private int _told;

    public OutsideLabels Labels { get; } = new();

    public CutPoints Points { get; } = new();

    /// <summary>True once: a denial was not understood, and nobody has been told.</summary>
    public bool TakeToTell() => Interlocked.Exchange(ref _told, 1) == 0;
}
