using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>The guard's only DNS query. The guard builds it as fixed octets and reads only the twelve-octet header of
/// the reply (RFC 1035 section 4.1.1).</summary>
internal sealed class ProbeQuery
{
    private const int HeaderOctets = 12;
    private const byte ResponseBit = 0x80;
    private const byte RcodeMask = 0x0f;
    private const int NoError = 0;
    private const int NameError = 3;

    private readonly byte[] _octets;

    /// <param name="name">The name whose A record is asked for, with recursion desired.</param>
    public ProbeQuery(string name)
    {
        var octets = new List<byte> { 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            octets.Add((byte)label.Length);
            octets.AddRange(Encoding.ASCII.GetBytes(label));
        }
        _octets = [.. octets, 0, 0, 1, 0, 1];
        Libc.FillRandom(_octets.AsSpan(0, 2));
    }

    public ReadOnlySpan<byte> Octets => _octets;

    /// <summary>True for the reply to this query. Only the server that was asked knows the id.</summary>
    public bool IsReply(ReadOnlySpan<byte> message) => message.Length >= HeaderOctets
        && message[..2].SequenceEqual(_octets.AsSpan(0, 2)) && (message[2] & ResponseBit) != 0;

    /// <summary>What is wrong with a reply; null when nothing is. NXDOMAIN is a correct answer.</summary>
    public static string? Problem(ReadOnlySpan<byte> reply) => (reply[3] & RcodeMask) switch
    {
        NoError or NameError => null,
        1 => "FORMERR",
        2 => "SERVFAIL",
        4 => "NOTIMP",
        5 => "REFUSED",
        var rcode => $"rcode {rcode}",
    };
}
