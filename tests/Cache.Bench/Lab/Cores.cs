namespace NodeDns.Bench.Lab;

/// <summary>Which processor does what. The upstream of the misses shares the load generator's.</summary>
internal static class Cores
{
    public const int Server = 0;
    public const int Load = 1;
}
