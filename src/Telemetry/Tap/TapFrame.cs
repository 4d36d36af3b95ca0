namespace NodeDns.Telemetry.Tap;

/// <summary>What a tap's socket carries to its reader: frames of two octets of length, little-endian, which count what
/// follows, one octet of kind and the rest. A reader skips kinds that it does not know.</summary>
public enum TapFrame : byte
{
    /// <summary>The first: the server's version, as text.</summary>
    Hello = 1,

    /// <summary>A <see cref="TapEntry"/>.</summary>
    Entry = 2,

    /// <summary>Eight octets: so many lookups were not told, because the reader, or the tap itself, was too slow.</summary>
    Missed = 3,

    /// <summary>The last: why there is nothing to read, as text.</summary>
    Refused = 4,
}
