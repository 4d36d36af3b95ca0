using System.Buffers.Binary;

namespace NodeDns.Cache.Upstream;

/// <summary>An exchange's copy of the query, which can be sent with and without its OPT record.</summary>
internal sealed class OutgoingQuery
{
    private const int ArCountLowOctet = 11;

    /// <summary>Offset of the size in an OPT record, whose owner is the root (RFC 6891 section 6.1.2).</summary>
    private const int SizeInOpt = 3;

    /// <summary>The UDP payload size that applies without an OPT record (RFC 1035 section 2.3.4).</summary>
    private const int SizeWithoutOpt = 512;

    private byte[] _octets = new byte[128];
    private int _length;
    private ushort _size;

    public ReadOnlySpan<byte> Octets => _octets.AsSpan(0, _length);

    /// <summary>Octets of header and question; 0 when the message does not have exactly one question.</summary>
    public int QuestionEnd { get; private set; }

    /// <summary>True when the question is followed by an OPT record and nothing else, so that it can be left
    /// out.</summary>
    public bool HasOpt { get; private set; }

    /// <summary>The UDP payload size, in octets, that the query offers in this form.</summary>
    public int Offered(bool withoutOpt, int sizeAtMost) => withoutOpt ? SizeWithoutOpt : Math.Min(_size, sizeAtMost);

    public void Set(ReadOnlySpan<byte> query)
    {
        if (_octets.Length < query.Length)
        {
            _octets = new byte[query.Length];
        }
        query.CopyTo(_octets);
        _length = query.Length;
        QuestionEnd = ReplyCheck.QuestionEnd(query);
        HasOpt = QuestionEnd != 0 && ReplyCheck.HasOptAt(query, QuestionEnd);
        _size = HasOpt
            ? BinaryPrimitives.ReadUInt16BigEndian(query[(QuestionEnd + SizeInOpt)..])
            : (ushort)SizeWithoutOpt;
    }

    /// <summary>The octets to send. The caller has to write the id (octets 0-1).</summary>
    /// <param name="withoutOpt">Leave the OPT record out. Only allowed if <see cref="HasOpt"/>.</param>
    /// <param name="sizeAtMost">The largest UDP payload size to offer; the query's own may be less.</param>
    public Span<byte> Form(bool withoutOpt, int sizeAtMost = ushort.MaxValue)
    {
        if (HasOpt)
        {
            _octets[ArCountLowOctet] = withoutOpt ? (byte)0 : (byte)1;
            BinaryPrimitives.WriteUInt16BigEndian(
                _octets.AsSpan(QuestionEnd + SizeInOpt), (ushort)Math.Min(_size, sizeAtMost));
        }
        return _octets.AsSpan(0, withoutOpt ? QuestionEnd : _length);
    }
}
