namespace NodeDns.Dns.Wire;

/// <summary>Removes the OPT record from a message, wherever it is.</summary>
public static class WithoutOpt
{
    /// <summary>Copies a message without its OPT record. All other records are written anew, because records after the
    /// OPT record move and compression pointers to them would be wrong.</summary>
    /// <param name="message">A well-formed message whose question has an uncompressed name.</param>
    /// <param name="questionEnd">The offset after the question.</param>
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
