namespace NodeDns.Corefile;

/// <summary>loop: at start, asks our own address for a random name, to find out whether an upstream sends queries back
/// to us.</summary>
/// <param name="Zone">The zone of that name, which is the block's first zone.</param>
public sealed record LoopConfig(string Zone) : DirectiveConfig;
