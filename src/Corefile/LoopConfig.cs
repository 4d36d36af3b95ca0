namespace NodeDns.Corefile;

/// <summary>loop: at start, ask ourselves a name nobody else knows, and stop when it comes back.</summary>
/// <param name="Zone">The zone of that name: the block's first.</param>
public sealed record LoopConfig(string Zone) : DirectiveConfig;
