using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>What every part of the guard needs.</summary>
internal sealed record GuardParts(GuardOptions Options, EventLoop Loop, GuardMetrics Metrics, GuardLog Log, RelayTap Tap);
