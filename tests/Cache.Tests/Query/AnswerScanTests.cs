using NodeDns.Cache.Query;
using NodeDns.Dns.Wire;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Query;

public class AnswerScanTests
{
    private const string Corefile = ".:53 {\n cache 30\n bind 127.0.0.1\n forward . 192.0.2.53\n}\n";

    private static readonly byte[] s_opt = [0, 0, 41, 0x04, 0xD0, 0, 0, 0x80, 0, 0, 0];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Rfc6891_6_1_1_records_behind_the_opt_record_are_kept_wherever_it_stands(int before)
    {
        using var harness = new QueryHarness(Corefile);
        harness.Ask("www.example.");
        var reply = DnsMessage.ReplyTo(harness.Workers[0].Upstreams[0].Next);
        reply.Edns = null;
        reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN MX 1 mail.example."));
        reply.Answer.Add(DnsRecord.Parse("www.example. 60 IN A 192.0.2.1"));
        DnsRecord[] additional =
            [DnsRecord.Parse("mail.example. 60 IN A 192.0.2.2"), DnsRecord.Parse("a.mail.example. 60 IN A 192.0.2.3")];
        reply.Additional.AddRange(additional[..before]);
        var head = reply.ToBytes();
        reply.Additional.AddRange(additional[before..]);
        var whole = reply.ToBytes();
        // The names behind point forward by the OPT record's length if they point behind it.
        byte[] wire = [.. head, .. s_opt, .. Moved(whole[head.Length..], head.Length)];
        wire[11] = 3;
        harness.Workers[0].Upstreams[0].AnswerRaw(wire);
        for (var hit = 0; hit < 2; hit++)
        {
            var read = hit == 0 ? DnsMessage.Parse(harness.Workers[0].Late.Single()) : harness.Ask("www.example.")!;
            Assert.Equal(2, read.Answer.Count);
            Assert.Equal(["mail.example.", "a.mail.example."], read.Additional.Select(record => record.Owner));
            Assert.All(read.Additional, record => Assert.Equal(30u, record.TtlSeconds));
        }
    }

    [Theory]
    [InlineData("type")]
    [InlineData("class")]
    [InlineData("ttl")]
    [InlineData("rdlength")]
    [InlineData("address")]
    [InlineData("text")]
    [InlineData("middle of a label")]
    [InlineData("serial")]
    public void Rfc1035_4_1_4_a_pointer_to_anything_but_a_name_makes_the_answer_malformed(string place)
    {
        var query = DnsMessage.Query("www.example.", "A", 1).ToBytes();
        byte[] address = [0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 1, (byte)'x', 0, 0];
        byte[] text = [0xC0, 12, 0, 16, 0, 1, 0, 0, 1, 0, 0, 3, 2, 1, 0];
        byte[] soa = [0xC0, 12, 0, 6, 0, 1, 0, 0, 1, 0, 0, 22, 0, 0, .. new byte[20]];
        var (at1, at2, at3) = (query.Length, query.Length + address.Length, query.Length + address.Length + text.Length);
        var target = place switch
        {
            "type" => at1 + 2,
            "class" => at1 + 4,
            "ttl" => at1 + 8,
            "rdlength" => at1 + 10,
            "address" => at1 + 12,
            "text" => at2 + 13,
            "middle of a label" => 12 + 2,
            _ => at3 + 14,
        };
        byte[] last = [(byte)(0xC0 | target >> 8), (byte)target, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1];
        byte[] wire = [.. query, .. address, .. text, .. soa, .. last];
        (wire[2], wire[7]) = ((byte)(wire[2] | 0x80), 4);
        Assert.False(new AnswerScan().TryRead(wire, query.Length, Qtype.A));
    }

    [Theory]
    [InlineData(Qtype.NS, 0)]
    [InlineData(Qtype.SRV, 6)]
    [InlineData(Qtype.NSEC, 0)]
    [InlineData(Qtype.HTTPS, 2)]
    [InlineData(Qtype.RRSIG, 18)]
    [InlineData(Qtype.NAPTR, 7)]
    [InlineData((Qtype)65280, 1)]
    public void A_pointer_to_a_name_in_the_data_of_an_earlier_record_is_taken(Qtype type, int before)
    {
        var query = DnsMessage.Query("www.example.", "A", 1).ToBytes();
        byte[] data = [.. new byte[before], 1, (byte)'a', 0];
        byte[] first = [0xC0, 12, (byte)((int)type >> 8), (byte)type, 0, 1, 0, 0, 1, 0, 0, (byte)data.Length, .. data];
        var target = query.Length + 12 + before;
        byte[] second = [0xC0, (byte)target, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1];
        byte[] wire = [.. query, .. first, .. second];
        wire[7] = 2;
        Assert.True(new AnswerScan().TryRead(wire, query.Length, Qtype.A));
    }

    [Fact]
    public void A_pointer_to_a_pointer_is_a_pointer_to_a_name()
    {
        var query = DnsMessage.Query("www.example.", "A", 1).ToBytes();
        byte[] address = [0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1];
        byte[] again = [0xC0, (byte)query.Length, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 2];
        byte[] wire = [.. query, .. address, .. again];
        wire[7] = 2;
        Assert.True(new AnswerScan().TryRead(wire, query.Length, Qtype.A));
    }

    [Fact]
    public void What_was_a_name_in_the_answer_before_is_none_in_this_one()
    {
        var query = DnsMessage.Query("www.example.", "A", 1).ToBytes();
        byte[] name = [0xC0, 12, 0, 5, 0, 1, 0, 0, 1, 0, 0, 3, 1, (byte)'a', 0];
        byte[] address = [0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 1, (byte)'a', 0, 0];
        byte[] pointer = [0xC0, (byte)(query.Length + 12), 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1];
        byte[] before = [.. query, .. name, .. pointer];
        byte[] now = [.. query, .. address, .. pointer];
        before[7] = now[7] = 2;
        var scan = new AnswerScan();
        Assert.True(scan.TryRead(before, query.Length, Qtype.A));
        Assert.False(scan.TryRead(now, query.Length, Qtype.A));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(65280, 0)]
    public void An_answer_without_pointers_gets_them_to_the_question(int moreType, int expected)
    {
        var query = DnsMessage.Query("www.Example.", "A", 1).ToBytes();
        byte[] own = [3, .. "wWw"u8, 7, .. "example"u8, 0], other = [3, .. "cdn"u8, 7, .. "example"u8, 0];
        byte[] alias = [.. own, 0, 5, 0, 1, 0, 0, 1, 0, 0, (byte)other.Length, .. other];
        byte[] address = [.. other, 0, 1, 0, 1, 0, 0, 0, 7, 0, 4, 192, 0, 2, 1];
        byte[] more = moreType == 0 ? [] : [.. own, (byte)(moreType >> 8), (byte)moreType, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 2];
        byte[] wire = [.. query, .. alias, .. address, .. more, .. s_opt];
        (wire[7], wire[11]) = ((byte)(moreType == 0 ? 2 : 3), 1);
        var scan = new AnswerScan();
        Assert.True(scan.TryRead(wire, query.Length, Qtype.A));
        var isUnknown = moreType > 256;
        var before = scan.End;

        scan.CompressOwners(wire, query.Length);

        Assert.Equal(isUnknown ? 0 : (1 + expected) * (own.Length - 2), before - scan.End);
        DnsHeader.SetArCount(wire, 0);
        var offsets = scan.TtlOffsets.ToArray();
        var read = new RecordReader(wire.AsSpan(0, scan.End), query.Length);
        var found = new List<(string Owner, uint Ttl, string Data)>();
        while (read.MoveNext())
        {
            var owner = new byte[DnsName.MaxLength];
            var length = DnsName.Read(wire, read.OwnerOffset, owner, out _);
            Assert.Equal(read.TtlOffset, offsets[found.Count]);
            found.Add((DnsName.ToText(owner.AsSpan(0, length)).ToLowerInvariant(), read.Ttl, Convert.ToHexString(read.Rdata)));
        }
        Assert.False(read.IsMalformed);
        Assert.Equal(scan.End, read.End);
        Assert.Equal(
            [
                ("www.example.", 256u, Convert.ToHexString(other)), ("cdn.example.", 7u, "C0000201"),
                .. moreType == 0 ? [] : new[] { ("www.example.", 9u, "C0000202") },
            ],
            found);
    }

    [Fact]
    public void An_answer_with_a_pointer_keeps_its_octets()
    {
        var query = DnsMessage.Query("www.example.", "A", 1).ToBytes();
        byte[] address = [3, .. "www"u8, 7, .. "example"u8, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1];
        byte[] again = [0xC0, (byte)query.Length, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 2];
        byte[] wire = [.. query, .. address, .. again];
        wire[7] = 2;
        var scan = new AnswerScan();
        Assert.True(scan.TryRead(wire, query.Length, Qtype.A));
        byte[] before = [.. wire];

        scan.CompressOwners(wire, query.Length);

        Assert.Equal(before, wire);
        Assert.Equal(wire.Length, scan.End);
    }

    /// <summary>Records as a server would have written them behind an OPT record at this offset.</summary>
    private static byte[] Moved(byte[] records, int offset)
    {
        for (var at = 0; at + 1 < records.Length; at++)
        {
            var target = (records[at] & 0x3F) << 8 | records[at + 1];
            if (records[at] >= 0xC0 && target >= offset)
            {
                target += s_opt.Length;
                (records[at], records[at + 1]) = ((byte)(0xC0 | target >> 8), (byte)target);
            }
        }
        return records;
    }
}
