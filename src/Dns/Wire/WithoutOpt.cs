namespace NodeDns.Dns.Wire;

/// <summary>Takes the OPT record out of the middle of a message.</summary>
public static class WithoutOpt
{
    /// <summary>Writes every other record anew, for the pointers of those behind the OPT record lead to places that
    /// move.</summary>
    /// <param name="message">Well-formed, its question's name uncompressed.</param>
    /// <param name="questionEnd">Offset of the first octet after the question.</param>
    /// <returns>The octets written; 0 when they do not fit.</returns>
    public static int Copy(ReadOnlySpan<byte> message, int questionEnd, Span<byte> output)
    {
        var written = new MessageBuilder(output, message, message[DnsHeader.Length..questionEnd]);
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
            var rdataLength = Rdata.Expand(message, records, rdata);
            if (rdataLength < 0)
            {
                return 0;
            }
            written.Add(
                records.Section, owner[..ownerLength], records.Type, records.Class, records.Ttl, rdata.AsSpan(0, rdataLength));
        }
        return written.Overflowed ? 0 : written.Length;
    }
}
