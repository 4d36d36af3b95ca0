namespace NodeDns.Cache.Upstream;

/// <summary>A reply that is kept while a better one is sought: a truncated one, one with a failover rcode, or a
/// complaint about EDNS.</summary>
internal sealed class HeldReply
{
    private byte[] _octets = [];
    private int _length;

    public bool IsEmpty => _length == 0;

    public bool IsTruncated => _length > 0 && ReplyCheck.IsTruncated(Message);

    public ReadOnlySpan<byte> Message => _octets.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public void Set(ReadOnlySpan<byte> message)
    {
        Reserve(message.Length);
        message.CopyTo(_octets);
        _length = message.Length;
    }

    /// <summary>Combines flags and rcode of a reply that has no question section with the question that was
    /// asked.</summary>
    /// <returns>Valid until the next call.</returns>
    public ReadOnlySpan<byte> WithQuestion(ReadOnlySpan<byte> headerOnly, ReadOnlySpan<byte> question)
    {
        Reserve(question.Length);
        question.CopyTo(_octets);
        headerOnly[..4].CopyTo(_octets);
        _octets.AsSpan(4, 8).Clear();
        _octets[5] = 1;
        _length = 0;
        return _octets.AsSpan(0, question.Length);
    }

    private void Reserve(int length)
    {
        if (_octets.Length < length)
        {
            _octets = new byte[length];
        }
    }
}
