using System.Buffers.Binary;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>Reads an answer in one pass and keeps what it found. Each worker has one and reuses it.</summary>
/// <param name="time">The clock for the validity of signatures; null for the machine's.</param>
internal sealed class AnswerScan(TimeProvider? time = null)
{
    /// <summary>The most records a message can have: each takes at least one octet for its owner and ten after
    /// that.</summary>
    private const int MaxRecords = ushort.MaxValue / 11;

    private readonly ushort[] _ttlOffsets = new ushort[MaxRecords];
    private readonly NamePlaces _places = new();
    private int _ttlCount;
    private bool _hasRecordsBehindOpt;

    public Qtype Qtype { get; private set; }

    public ushort Flags { get; private set; }

    /// <summary>All twelve bits of the rcode, including those in the OPT record.</summary>
    public int Rcode { get; private set; }

    /// <summary>Offset after the last record, not counting the OPT record, which is not passed on.</summary>
    public int End { get; private set; }

    public int AnswerCount { get; private set; }

    public int AuthorityCount { get; private set; }

    public int AdditionalCount { get; private set; }

    /// <summary>The least TTL of all records, in seconds; <see cref="uint.MaxValue"/> when there are no
    /// records.</summary>
    public uint MinTtl { get; private set; }

    /// <summary>The answer section has a record of the type that was asked for.</summary>
    public bool AnswersQtype { get; private set; }

    public bool HasCname { get; private set; }

    public bool HasAuthorityNs { get; private set; }

    public bool HasAuthoritySoa { get; private set; }

    /// <summary>The MINIMUM field of the SOA in the authority section, in seconds (RFC 2308 section 4).</summary>
    public uint SoaMinimum { get; private set; }

    /// <summary>The question had DO set, and a signature in the answer has expired or is not valid yet (RFC 4034
    /// section 3.1.5).</summary>
    public bool HasExpiredSignature { get; internal set; }

    /// <summary>Message offsets of the TTL fields before <see cref="End"/>.</summary>
    public ReadOnlySpan<ushort> TtlOffsets => _ttlOffsets.AsSpan(0, _ttlCount);

    /// <summary>Reads a whole answer.</summary>
    /// <param name="questionEnd">Offset of the first octet after the question.</param>
    /// <returns>false when the message is malformed.</returns>
    public bool TryRead(ReadOnlySpan<byte> message, int questionEnd, Qtype qtype)
    {
        Qtype = qtype;
        Flags = DnsHeader.Flags(message);
        Rcode = Flags & DnsHeader.RcodeMask;
        End = questionEnd;
        MinTtl = uint.MaxValue;
        _ttlCount = AnswerCount = AuthorityCount = AdditionalCount = 0;
        AnswersQtype = HasCname = HasAuthorityNs = HasAuthoritySoa = HasExpiredSignature = false;
        bool behindOpt = false, hasRecordsBehindOpt = false, dnssecOk = false;

        var records = new RecordReader(message, questionEnd, _places);
        while (records.MoveNext())
        {
            if (records.Type == Qtype.OPT)
            {
                if (records.Section != Section.Additional)
                {
                    return false;
                }

                var edns = QueryEdns.Parse(message, records.TtlOffset - 4);
                Rcode |= edns.ExtendedRcode << 4;
                dnssecOk = edns.DnssecOk;
                behindOpt = true;
            }
            else
            {
                hasRecordsBehindOpt |= behindOpt;
                Note(records);
            }
        }
        HasExpiredSignature &= dnssecOk;
        _hasRecordsBehindOpt = hasRecordsBehindOpt;
        return !records.IsMalformed;
    }

    /// <summary>Copies the answer that was read last, without its OPT record.</summary>
    /// <returns>false when the copy does not fit.</returns>
    public bool TryTake(ReadOnlySpan<byte> message, int questionEnd, Span<byte> answer)
    {
        if (!_hasRecordsBehindOpt)
        {
            message[..End].CopyTo(answer);
            Rewrite(answer, null);
            return true;
        }
        // RFC 6891 section 6.1.1: the OPT record may be anywhere in its section, and the records after it move.
        var copy = new MessageBuilder(answer, message, message[DnsHeader.Length..questionEnd]);
        return copy.TryAddRecords(message, questionEnd) && TryReadRestored(answer[..copy.Length], questionEnd, Qtype);
    }

    /// <summary>Reads a changed copy of the answer that was read last. What the OPT record and the signatures said is
    /// kept, because the copy may have neither.</summary>
    /// <returns>false when the message is malformed.</returns>
    public bool TryReadRestored(ReadOnlySpan<byte> message, int questionEnd, Qtype qtype)
    {
        var extendedRcode = Rcode & ~DnsHeader.RcodeMask;
        var hasExpiredSignature = HasExpiredSignature;
        var isRead = TryRead(message, questionEnd, qtype);
        Rcode |= extendedRcode;
        HasExpiredSignature = hasExpiredSignature;
        return isRead;
    }

    /// <summary>Writes one TTL into all records, and the section counts without the OPT record into the
    /// header.</summary>
    public void Rewrite(Span<byte> message, uint? ttlSeconds)
    {
        DnsHeader.SetArCount(message, AdditionalCount);
        if (ttlSeconds is not { } ttl)
        {
            return;
        }

        foreach (var offset in TtlOffsets)
        {
            BinaryPrimitives.WriteUInt32BigEndian(message[offset..], ttl);
        }
    }

    /// <summary>The TTL offsets relative to <paramref name="questionEnd"/>, as the store keeps them. Changes
    /// <see cref="TtlOffsets"/>, so call this last.</summary>
    public ReadOnlySpan<ushort> TakeRelativeTtlOffsets(int questionEnd)
    {
        var offsets = _ttlOffsets.AsSpan(0, _ttlCount);
        foreach (ref var offset in offsets)
        {
            offset -= (ushort)questionEnd;
        }

        return offsets;
    }

    private void Note(in RecordReader record)
    {
        End = record.End;
        _ttlOffsets[_ttlCount++] = (ushort)record.TtlOffset;
        MinTtl = Math.Min(MinTtl, record.Ttl);
        if (record.Type == Qtype.RRSIG)
        {
            HasExpiredSignature |= !IsInTime(record.Rdata);
        }

        switch (record.Section)
        {
            case Section.Answer:
                AnswerCount++;
                AnswersQtype |= record.Type == Qtype || Qtype == Qtype.ANY;
                HasCname |= record.Type == Qtype.CNAME;
                break;
            case Section.Authority:
                AuthorityCount++;
                HasAuthorityNs |= record.Type == Qtype.NS;
                if (record.Type != Qtype.SOA)
                {
                    break;
                }

                HasAuthoritySoa = true;
                SoaMinimum = BinaryPrimitives.ReadUInt32BigEndian(record.Rdata[^4..]);
                break;
            default:
                AdditionalCount++;
                break;
        }
    }

    /// <summary>In the RDATA, octets 8-11 are the expiration and 12-15 the inception. They are compared as serial
    /// numbers (RFC 4034 section 3.1.5).</summary>
    private bool IsInTime(ReadOnlySpan<byte> rrsig)
    {
        if (rrsig.Length < 16)
        {
            return true;
        }

        var now = (uint)(time ?? TimeProvider.System).GetUtcNow().ToUnixTimeSeconds();
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(rrsig[8..]) - now) >= 0
            && (int)(now - BinaryPrimitives.ReadUInt32BigEndian(rrsig[12..])) >= 0;
    }
}
