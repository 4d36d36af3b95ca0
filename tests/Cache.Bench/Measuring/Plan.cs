using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Measuring;

/// <summary>What a run measures and how often. Hits are 1,000 names, A and AAAA in turn; misses are names never asked
/// before.</summary>
internal sealed record Plan(string Mode, IReadOnlyList<Figure> Figures, int MemoryRuns, int ColdStarts, bool HasManyNames = false)
{
    public const string HitSaturated = "hit-saturated", Hit20k = "hit-20k", HitTcp = "hit-tcp",
        MissTcp = "miss-tcp", MissTcp16 = "miss-tcp-16", MissUdp = "miss-udp";

    /// <summary>The key of every figure with a flood, and of those that it is compared with, begins so.</summary>
    public const string FloodPrefix = "flood-";

    private const string Misses = "prefix=m types=A names=9999999";

    /// <summary>Under three minutes.</summary>
    public static Plan Short { get; } = Make("short", part: 0.5, memory: 1, cold: 5);

    public static Plan Full { get; } = Make("full", part: 1, memory: 3, cold: 15);

    /// <summary>Only what others' floods do to a client, about four minutes.</summary>
    public static Plan Flood { get; } = new("flood", Floods(), 0, 0, HasManyNames: true);

    public static Plan Of(string mode) => mode switch { "full" => Full, "flood" => Flood, _ => Short };

    /// <summary>With fewer figures; "memory", "many-names" and "cold-start" name those that are not slices.</summary>
    public Plan Only(Func<string, bool> isWanted) => this with
    {
        Figures = [.. Figures.Where(f => isWanted(f.Key))],
        MemoryRuns = isWanted("memory") ? MemoryRuns : 0,
        ColdStarts = isWanted("cold-start") ? ColdStarts : 0,
        HasManyNames = HasManyNames && isWanted("many-names"),
    };

    private static Plan Make(string mode, double part, int memory, int cold)
    {
        int Times(int full) => Math.Max(3, (int)Math.Round(full * part));
        List<Figure> figures =
        [
            new(HitSaturated, "hits, saturated")
            {
                Load = "closed sockets=32 outstanding=128", WarmNames = 1000, Applies = _ => true,
                Slices = Times(11), Seconds = part < 1 ? 0.6 : 1.2,
            },
            new(Hit20k, "hits at 20,000 a second")
            {
                Load = "poisson rate=20000 sockets=32", WarmNames = 1000, Spin = true, Applies = _ => true,
                Slices = Times(9), Seconds = part < 1 ? 0.6 : 1.2,
            },
            new(MissTcp, "misses over TCP to CoreDNS, 128 in flight")
            {
                Load = $"closed sockets=32 outstanding=128 {Misses}", Applies = p => p.ForcesTcp,
                Slices = Times(9), Seconds = part < 1 ? 0.6 : 1,
            },
            new(MissUdp, "misses over UDP, 128 in flight")
            {
                Load = $"closed sockets=32 outstanding=128 suffix=bench.example {Misses}", Applies = p => !p.IsFloor,
                Slices = Times(7), Seconds = part < 1 ? 0.5 : 1,
            },
        ];
        if (mode == "full")
        {
            figures.Add(new(MissTcp16, "misses over TCP to CoreDNS, 16 in flight")
            {
                Load = $"closed sockets=16 outstanding=16 {Misses}",
                Applies = p => p.ForcesTcp,
                Slices = 7,
                Seconds = 1,
            });
            figures.Add(new(HitTcp, "hits over TCP, 4 connections, 64 in flight")
            {
                Load = "tcp sockets=4 outstanding=64",
                WarmNames = 1000,
                // dnsmasq has a process for each connection: its own processor time would be left out.
                Applies = p => !p.IsFloor && p.Key != "dnsmasq",
                Slices = 7,
                Seconds = 1,
            });
            figures.AddRange(Floods());
        }
        return new Plan(mode, figures, memory, cold, HasManyNames: mode == "full");
    }

    /// <summary>What 1,000 hits a second, or 200 fresh names, take while others flood the server.</summary>
    private static Figure[] Floods()
    {
        const string hits = "poisson rate=1000 sockets=8 block=1", fresh = "poisson rate=200 sockets=8 block=1 suffix=bench.example prefix=v types=A names=9999999";
        return
        [
            Case("quiet", "hits", hits, null),
            Case("new-20k", "hits; one client asks 20,000 new names a second", hits, "rate=20000"),
            Case("new-40k", "hits; one client asks 40,000 new names a second", hits, "rate=40000"),
            Case("hole", "hits; one client asks 20,000 names a second of a zone that never answers", hits, "rate=20000 suffix=hole.example"),
            Case("tcp", "hits; one client asks 10,000 new names a second over 500 TCP connections", hits, "rate=10000 tcp=1 sockets=500"),
            Case("eight", "hits; eight clients ask 5,000 new names a second each", hits, "rate=40000 clients=8"),
            Case("hits", "hits; one client asks 60,000 hits a second", hits, "rate=60000 prefix=h suffix=cluster.local names=1000"),
            Case("fresh-quiet", "fresh names", fresh, null),
            Case("fresh-20k", "fresh names; one client asks 20,000 new names a second", fresh, "rate=20000"),
            Case("fresh-hole", "fresh names; one client asks 20,000 names a second of a zone that never answers", fresh, "rate=20000 suffix=hole.example"),
        ];

        Figure Case(string key, string title, string load, string? flood) => new(FloodPrefix + key, title)
        {
            Load = load,
            WarmNames = load == hits ? 1000 : 0,
            Flood = flood,
            Applies = p => p.Key is Peer.Ours or Peer.Unbound or Peer.NodeCache,
            Slices = 5,
            Seconds = 1.5,
        };
    }
}
