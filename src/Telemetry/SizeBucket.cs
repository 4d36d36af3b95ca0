namespace NodeDns.Telemetry;

/// <summary>Finds CoreDNS's size bucket (0, 100 … 400, 511, 1023 … 64000, then +Inf) for a size.</summary>
internal static class SizeBucket
{
    /// <summary>The number of buckets, including +Inf.</summary>
    public const int Count = 15;

    public static int IndexOf(int bytes) => bytes switch
    {
        <= 0 => 0,
        <= 400 => (bytes + 99) / 100,
        <= 511 => 5,
        <= 1023 => 6,
        <= 2047 => 7,
        <= 4095 => 8,
        <= 8291 => 9,
        <= 16_000 => 10,
        <= 32_000 => 11,
        <= 48_000 => 12,
        <= 64_000 => 13,
        _ => 14,
    };
}
