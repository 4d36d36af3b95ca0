using System.Globalization;
using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Measuring;

/// <summary>One thing measured of every peer that can do it: which load, for how long, and what comes before.</summary>
/// <param name="Key">The name in results.json.</param>
internal sealed record Figure(string Key, string Title)
{
    /// <summary>The mode and options of floor/load.c but for the port, the time and the first name.</summary>
    public required string Load { get; init; }

    /// <summary>Names that are asked once before each slice, so that the slice is hits; 0 for misses.</summary>
    public int WarmNames { get; init; }

    /// <summary>Whether both processors are kept from halting (see floor/spin.c).</summary>
    public bool Spin { get; init; }

    public required Func<Peer, bool> Applies { get; init; }

    /// <summary>The options of floor/flood.c, which asks the same server meanwhile; null for nobody.</summary>
    public string? Flood { get; init; }

    public int Slices { get; init; }

    public double Seconds { get; init; }

    /// <summary>Whether it tells how long clients wait beside a flood, and not what an answer costs.</summary>
    public bool IsOfFlood => Key.StartsWith(Plan.FloodPrefix, StringComparison.Ordinal);

    public bool IsMiss => WarmNames == 0;

    public string[] Arguments(Peer peer, long firstName) =>
    [
        .. Load.Split(' '), $"port={peer.Port}", $"records={peer.Records}", $"first={firstName}",
        string.Create(CultureInfo.InvariantCulture, $"seconds={Seconds:0.###}"),
    ];

    public string[] FloodArguments(Peer peer) => [.. Flood!.Split(' ', StringSplitOptions.RemoveEmptyEntries), $"port={peer.Port}"];

    public string[] WarmArguments(Peer peer) => ["pass", $"port={peer.Port}", $"records={peer.Records}", $"names={WarmNames}"];
}
