namespace NodeDns.Injection.Decide;

/// <summary>Nodes that are all alike.</summary>
/// <param name="Labels">The labels of these nodes.</param>
/// <param name="Taints">The taints that keep ordinary pods away from these nodes. A value of null stands for any
/// value.</param>
internal sealed record NodeMake(LabelFact[] Labels, (string Key, string? Value)[] Taints);
