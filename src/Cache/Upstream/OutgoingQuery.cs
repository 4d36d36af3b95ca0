using System.Buffers.Binary;

namespace NodeDns.Cache.Upstream;

/// <summary>An exchange's own copy of the query, with and without its OPT record.</summary>
internal sealed class OutgoingQuery
{
    private const int ArCountLowOctet = 11;

    /// <summary>Of an OPT record's start, its root owner (RFC 6891 section 6.1.2).</summary>
    private const int SizeInOpt = 3;

    /// <summary>What a query without an OPT record promises to take (RFC 1035 section 2.3.4).</summary>
    private const int SizeWithoutOpt = 512;

    private byte[] _octets = new byte[128];
    private int _length;
    private ushort _size;

    public ReadOnlySpan<byte> Octets => _octets.AsSpan(0, _length);

    /// <summary>Octets of header and question; 0 when the message does not hold exactly one question.</summary>
    public int QuestionEnd { get; private set; }

    /// <summary>Whether an OPT record is all that follows the question, so that it can be left out.</summary>
    public bool HasOpt { get; private set; }

    /// <summary>The UDP payload size that <see cref="Form"/> offers, in octets.</summary>
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

    /// <summary>The octets to send; the first two, the id, are the sender's to write.</summary>
    /// <param name="withoutOpt">Only for a query that <see cref="HasOpt"/>.</param>
    /// <param name="sizeAtMost">The UDP payload size to offer, if the query's own is not less.</param>
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
