namespace NodeDns.Telemetry.Tap;

/// <summary>The frames that a tap sends to a reader: a length of two octets, little-endian, then that many octets, of
/// which the first is the kind. A reader skips kinds that it does not know.</summary>
public enum TapFrame : byte
{
    /// <summary>The first frame: the server's version, as text.</summary>
    Hello = 1,

    /// <summary>A <see cref="TapEntry"/>.</summary>
    Entry = 2,

    /// <summary>Eight octets: the number of lookups that were left out because the reader, or the tap itself, was too
    /// slow.</summary>
    Missed = 3,

    /// <summary>The last frame: the reason why there is nothing to read, as text.</summary>
    Refused = 4,
}
