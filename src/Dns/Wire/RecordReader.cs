using System.Buffers.Binary;

namespace NodeDns.Dns.Wire;

/// <summary>Reads the records of a message in wire order and checks each one.</summary>
/// <remarks>
/// A record on the wire: owner name, type (2 octets), class (2), TTL (4), RDLENGTH (2), RDATA; all big-endian (RFC 1035
/// section 4.1.3). RDATA is also checked for the types in which RFC 3597 section 4 allows compressed names, and for
/// addresses and character strings, so a message that was read to its end can be passed on. RDATA of other types is not
/// looked at. A message from outside is read with <see cref="NamePlaces"/>, so that its compression pointers can only
/// point to names.
/// </remarks>
public ref struct RecordReader
{
    private readonly ReadOnlySpan<byte> _message;
    private int _next;
    private int _left;
    private readonly NamePlaces? _places;

    /// <param name="offset">The offset after the question section.</param>
    public RecordReader(ReadOnlySpan<byte> message, int offset)
    {
        _message = message;
        _next = offset;
        _left = DnsHeader.AnCount(message);
        Section = Section.Answer;
    }

    /// <summary>Reads a message that has not been checked yet.</summary>
    /// <param name="offset">The offset after the question section, which has one question.</param>
    public RecordReader(ReadOnlySpan<byte> message, int offset, NamePlaces places)
        : this(message, offset)
    {
        _places = places;
        places.Begin(message.Length);
        var question = DnsHeader.Length;
        DnsName.TrySkip(message, ref question, places);
    }

    public Section Section { get; private set; }

    public int OwnerOffset { get; private set; }

    public Qtype Type { get; private set; }

    public Qclass Class { get; private set; }

    /// <summary>The offset of the TTL field in the message.</summary>
    public int TtlOffset { get; private set; }

    /// <summary>The TTL in seconds, exactly as sent.</summary>
    public readonly uint Ttl => BinaryPrimitives.ReadUInt32BigEndian(_message[TtlOffset..]);

    public readonly int RdataOffset => TtlOffset + 6;

    public int RdataLength { get; private set; }

    public readonly ReadOnlySpan<byte> Rdata => _message.Slice(RdataOffset, RdataLength);

    /// <summary>The offset after the current record. Before the first call of <see cref="MoveNext"/>, the offset of the
    /// first record.</summary>
    public readonly int End => _next;

    /// <summary>True when reading stopped because the message does not match its counts and lengths.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Moves to the next record.</summary>
    /// <returns>false at the end, or at the first malformed record; then <see cref="IsMalformed"/> is true.</returns>
    public bool MoveNext()
    {
        while (_left == 0)
        {
            if (Section == Section.Additional)
            {
                return false;
            }

            Section++;
            _left = DnsHeader.Count(_message, Section);
        }

        var at = _next;
        OwnerOffset = at;
        if (!DnsName.TrySkip(_message, ref at, _places) || at + 10 > _message.Length)
        {
            return Malformed();
        }

        Type = (Qtype)BinaryPrimitives.ReadUInt16BigEndian(_message[at..]);
        Class = (Qclass)BinaryPrimitives.ReadUInt16BigEndian(_message[(at + 2)..]);
        TtlOffset = at + 4;
        RdataLength = BinaryPrimitives.ReadUInt16BigEndian(_message[(at + 8)..]);
        _next = at + 10 + RdataLength;
        if (_next > _message.Length || !IsRdataWellFormed())
        {
            return Malformed();
        }

        _left--;
        return true;
    }

    private bool Malformed()
    {
        IsMalformed = true;
        _left = 0;
        Section = Section.Additional;
        return false;
    }

    private readonly bool IsRdataWellFormed() => Type switch
    {
        // In class CH an A record has another format (RFC 1035 section 3.2.4).
        Qtype.A => RdataLength == 4 || Class == Qclass.CH,
        Qtype.AAAA => RdataLength == 16,
        Qtype.TXT or Qtype.SPF or Qtype.HINFO => HoldsStrings(),
        Qtype.NS or Qtype.MD or Qtype.MF or Qtype.CNAME or Qtype.MB or Qtype.MG or Qtype.MR or Qtype.PTR
            or Qtype.DNAME => HoldsNames(0, 1, 0),
        Qtype.SOA => HoldsNames(0, 2, 20),
        Qtype.MINFO or Qtype.RP => HoldsNames(0, 2, 0),
        Qtype.MX or Qtype.AFSDB or Qtype.RT or Qtype.KX => HoldsNames(2, 1, 0),
        Qtype.SRV => HoldsNames(6, 1, 0),
        _ => _places is null || NotePlaces(_places),
    };

    /// <summary>Records the names in the data that are not compressed. Later names may point to them.</summary>
    private readonly bool NotePlaces(NamePlaces places)
    {
        switch (Type)
        {
            case Qtype.NSEC:
                NoteName(places, 0);
                break;
            case Qtype.SVCB or Qtype.HTTPS:
                NoteName(places, 2);
                break;
            case Qtype.RRSIG or Qtype.SIG:
                NoteName(places, 18);
                break;
            case Qtype.NAPTR:
                NoteName(places, Wire.Rdata.LayoutOf(Type, Rdata).Before);
                break;
            case Qtype.DS or Qtype.CDS or Qtype.DNSKEY or Qtype.CDNSKEY or Qtype.KEY or Qtype.NSEC3 or Qtype.NSEC3PARAM
                or Qtype.TLSA or Qtype.SSHFP or Qtype.CAA or Qtype.CERT or Qtype.LOC or Qtype.URI or Qtype.WKS or Qtype.NULL
                or Qtype.OPT:
                break;
            default:
                places.AddAll(RdataOffset, _next);
                break;
        }
        return true;
    }

    private readonly void NoteName(NamePlaces places, int octetsBefore)
    {
        var at = RdataOffset + octetsBefore;
        if (octetsBefore < RdataLength)
        {
            DnsName.TrySkip(_message[.._next], ref at, places);
        }
    }

    /// <summary>True when the data consists of character strings: a length octet, then that many octets (RFC 1035
    /// section 3.3).</summary>
    private readonly bool HoldsStrings()
    {
        var at = RdataOffset;
        while (at < _next)
        {
            at += 1 + _message[at];
        }

        return at == _next;
    }

    private readonly bool HoldsNames(int octetsBefore, int names, int octetsAfter)
    {
        var at = RdataOffset + octetsBefore;
        var upToEnd = _message[.._next];
        for (; names > 0; names--)
        {
            if (!DnsName.TrySkip(upToEnd, ref at, _places))
            {
                return false;
            }
        }

        return at + octetsAfter == _next;
    }
}
