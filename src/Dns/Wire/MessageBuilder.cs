using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace NodeDns.Dns.Wire;

/// <summary>Writes a message record by record, with name compression. For steps that change names or their order and
/// therefore cannot keep the original octets.</summary>
/// <remarks>If something does not fit, <see cref="Overflowed"/> is set and the rest is not written.</remarks>
public ref struct MessageBuilder
{
    private readonly Span<byte> _output;
    private Offsets _offsets;
    private Hashes _hashes;
    private int _offsetCount;

    /// <summary>The number of names that later names may point to. Further names are written in full.</summary>
    private const int MaxOffsets = 256;

    /// <summary>The offsets of these names in the message.</summary>
    [InlineArray(MaxOffsets)]
    private struct Offsets
    {
        private ushort _first;
    }

    /// <summary>The hashes of these names, so that one is found without comparing them all.</summary>
    [InlineArray(MaxOffsets)]
    private struct Hashes
    {
        private uint _first;
    }

    /// <param name="header">Provides id and flags. The counts are set anew.</param>
    /// <param name="question">The octets of the question, with an uncompressed name.</param>
    public MessageBuilder(Span<byte> output, ReadOnlySpan<byte> header, ReadOnlySpan<byte> question)
    {
        _output = output;
        header[..4].CopyTo(output);
        output[4..DnsHeader.Length].Clear();
        DnsHeader.SetQdCount(output, 1);
        question.CopyTo(output[DnsHeader.Length..]);
        Length = DnsHeader.Length + question.Length;
        Remember(question[..^4], question.Length - 5, DnsHeader.Length);
    }

    public int Length { get; private set; }

    public bool Overflowed { get; private set; }

    /// <summary>Appends a record in which no name is compressed. The sections have to be written in wire
    /// order.</summary>
    public void Add(
        Section section, scoped ReadOnlySpan<byte> owner, Qtype type, Qclass @class, uint ttlSeconds,
        scoped ReadOnlySpan<byte> rdata)
    {
        if (Overflowed || Length + owner.Length + 10 + rdata.Length > _output.Length)
        {
            Overflowed = true;
            return;
        }
        WriteName(owner, compress: true);
        BinaryPrimitives.WriteUInt16BigEndian(_output[Length..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(_output[(Length + 2)..], (ushort)@class);
        BinaryPrimitives.WriteUInt32BigEndian(_output[(Length + 4)..], ttlSeconds);
        var lengthAt = Length + 8;
        Length += 10;

        var layout = Rdata.LayoutOf(type, rdata);
        var at = Math.Min(layout.Before, rdata.Length);
        Write(rdata[..at]);
        for (var i = 0; i < layout.Names; i++)
        {
            var name = DnsName.LengthOf(rdata[at..]);
            WriteName(rdata.Slice(at, name), layout.Compressible);
            at += name;
        }
        Write(rdata[at..]);
        BinaryPrimitives.WriteUInt16BigEndian(_output[lengthAt..], (ushort)(Length - lengthAt - 2));
        DnsHeader.SetCount(_output, section, DnsHeader.Count(_output, section) + 1);
    }

    /// <summary>Appends all records of a message except the OPT record, which is hop by hop.</summary>
    /// <param name="questionEnd">Offset of the first octet after the question.</param>
    /// <returns>false when a record is malformed or does not fit.</returns>
    public bool TryAddRecords(scoped ReadOnlySpan<byte> message, int questionEnd)
    {
        Span<byte> owner = stackalloc byte[DnsName.MaxLength];
        var rdata = new byte[message.Length + 2 * DnsName.MaxLength];
        var records = new RecordReader(message, questionEnd);
        while (records.MoveNext())
        {
            if (records.Type == Qtype.OPT)
            {
                continue;
            }
            var ownerLength = DnsName.Read(message, records.OwnerOffset, owner, out _);
            var length = Rdata.Expand(message, records, rdata);
            if (length < 0)
            {
                return false;
            }
            Add(records.Section, owner[..ownerLength], records.Type, records.Class, records.Ttl, rdata.AsSpan(0, length));
        }
        return !records.IsMalformed && !Overflowed;
    }

    private void Write(scoped ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(_output[Length..]);
        Length += octets.Length;
    }

    private void WriteName(scoped ReadOnlySpan<byte> name, bool compress)
    {
        var start = Length;
        var at = 0;
        while (name[at] != 0)
        {
            if (compress && Find(name[at..]) is > 0 and var target)
            {
                Remember(name, at, start);
                BinaryPrimitives.WriteUInt16BigEndian(_output[Length..], (ushort)(0xC000 | target));
                Length += 2;
                return;
            }
            Write(name.Slice(at, name[at] + 1));
            at += name[at] + 1;
        }
        _output[Length++] = 0;
        Remember(name, at, start);
    }

    /// <summary>The offset of an identical name, including case; 0 when there is none.</summary>
    private readonly int Find(scoped ReadOnlySpan<byte> name)
    {
        Span<byte> known = stackalloc byte[DnsName.MaxLength];
        ReadOnlySpan<uint> hashes = _hashes;
        hashes = hashes[.._offsetCount];
        var hash = Hash(name);
        for (var i = hashes.IndexOf(hash); i >= 0 && i < hashes.Length; i++)
        {
            if (hashes[i] != hash)
            {
                continue;
            }

            var length = DnsName.Read(_output[..Length], _offsets[i], known, out _);
            if (name.SequenceEqual(known[..length]))
            {
                return _offsets[i];
            }
        }
        return 0;
    }

    /// <summary>Records the offset of each label in the part of a name that has just been written in full.</summary>
    /// <param name="name">The whole name.</param>
    /// <param name="end">The offset in the name at which this part ends.</param>
    /// <param name="start">The offset in the message at which it starts.</param>
    private void Remember(scoped ReadOnlySpan<byte> name, int end, int start)
    {
        for (var at = 0; at < end; at += name[at] + 1)
        {
            if (_offsetCount == MaxOffsets || start + at >= 0x4000)
            {
                return;
            }

            _hashes[_offsetCount] = Hash(name[at..]);
            _offsets[_offsetCount++] = (ushort)(start + at);
        }
    }

    /// <summary>The FNV-1a hash of the name.</summary>
    private static uint Hash(scoped ReadOnlySpan<byte> name)
    {
        var hash = 2166136261;
        foreach (var octet in name)
        {
            hash = (hash ^ octet) * 16777619;
        }

        return hash;
    }
}
