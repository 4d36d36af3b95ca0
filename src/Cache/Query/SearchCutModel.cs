using NodeDns.Cache.Cuts;

namespace NodeDns.Cache.Query;

/// <summary>A block's search_cut directive in the form that queries use.</summary>
/// <param name="domain">The lower-case cluster domain.</param>
/// <param name="identity">Everything that decides the block's answers, as text.</param>
internal sealed class SearchCutModel(byte[] domain, string identity)
{
    public byte[] Domain => domain;

    public string Identity => $"{identity}\n{Convert.ToHexString(domain)}";

    /// <summary>A zone of the block, for questions that no client has asked. Set when the model is built.</summary>
    public ZoneModel Zone { get; internal set; } = null!;

    /// <summary>What has been learnt. Set when the model comes into force, before a worker uses it.</summary>
    public SearchCutState State { get; internal set; } = null!;
}
