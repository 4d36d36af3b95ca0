using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Cuts;

/// <summary>Writes names of places.</summary>
internal static class PlaceNames
{
    /// <summary>The name that exists when a namespace is called like the label: <c>LABEL.svc.DOMAIN</c>.</summary>
    /// <param name="room">Room for any name.</param>
    /// <returns>The written part of <paramref name="room"/>; empty when the name would be too long.</returns>
    public static ReadOnlySpan<byte> OfNamespace(Span<byte> room, ReadOnlySpan<byte> label, ReadOnlySpan<byte> domain)
    {
        var svc = "\u0003svc"u8;
        var length = 1 + label.Length + svc.Length + domain.Length;
        if (length > DnsName.MaxLength)
        {
            return [];
        }

        room[0] = (byte)label.Length;
        label.CopyTo(room[1..]);
        svc.CopyTo(room[(1 + label.Length)..]);
        domain.CopyTo(room[(1 + label.Length + svc.Length)..]);
        return room[..length];
    }
}
