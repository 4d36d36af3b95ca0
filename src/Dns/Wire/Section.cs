namespace NodeDns.Dns.Wire;

/// <summary>The record sections of a message, in wire order (RFC 1035 section 4.1).</summary>
public enum Section : byte
{
    Answer,
    Authority,
    Additional,
}
