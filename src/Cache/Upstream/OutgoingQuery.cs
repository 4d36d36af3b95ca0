namespace NodeDns.Cache.Upstream;

/// <summary>An exchange's own copy of the query, with and without its OPT record.</summary>
internal sealed class OutgoingQuery
{
    private const int ArCountLowOctet = 11;

    private byte[] _octets = new byte[128];
    private int _length;

    public ReadOnlySpan<byte> Octets => _octets.AsSpan(0, _length);

    /// <summary>Octets of header and question; 0 when the message does not hold exactly one question.</summary>
    public int QuestionEnd { get; private set; }

    /// <summary>Whether an OPT record is all that follows the question, so that it can be left out.</summary>
    public bool HasOpt { get; private set; }

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
    }

    /// <summary>The octets to send; the first two, the id, are the sender's to write.</summary>
    /// <param name="withoutOpt">Only for a query that <see cref="HasOpt"/>.</param>
    public Span<byte> Form(bool withoutOpt)
    {
        if (HasOpt)
        {
            _octets[ArCountLowOctet] = withoutOpt ? (byte)0 : (byte)1;
        }
        return _octets.AsSpan(0, withoutOpt ? QuestionEnd : _length);
    }
}
