using CsCheck;
using NodeDns.Dns.Wire;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Wire;

public class MessageViewTests
{
    [Fact]
    public void A_question_is_read_with_its_case()
    {
        var query = DnsMessage.Query("WwW.eXample.", "AAAA").ToBytes();
        Assert.True(QuestionReader.TryRead(query, out var question));
        Assert.Equal("WwW.eXample.", DnsName.ToText(question.Name));
        Assert.Equal(Qtype.AAAA, question.Type);
        Assert.Equal(Qclass.IN, question.Class);
        Assert.Equal(query.Length, question.End);
    }

    [Fact]
    public void A_compressed_or_cut_question_is_refused()
    {
        var query = DnsMessage.Query("www.example.", "A").ToBytes();
        for (var length = 0; length < query.Length; length++)
        {
            Assert.False(QuestionReader.TryRead(query.AsSpan(0, length), out _));
        }

        query[12] = 0xC0;
        Assert.False(QuestionReader.TryRead(query, out _));
    }

    [Fact]
    public void Edns_is_found_and_two_opt_records_are_refused()
    {
        var message = DnsMessage.Query("www.example.", "A");
        message.Edns = new DnsEdns(UdpSize: 1400, Do: true);
        var query = message.ToBytes();
        QuestionReader.TryRead(query, out var question);
        Assert.True(QueryEdns.TryRead(query, question.End, out var edns));
        Assert.True(edns is { IsPresent: true, UdpSize: 1400, DnssecOk: true, Version: 0 });

        byte[] twice = [.. query, .. query.AsSpan(question.End)];
        twice[11] = 2;
        Assert.False(QueryEdns.TryRead(twice, question.End, out _));
    }

    [Fact]
    public void Records_are_walked_section_by_section()
    {
        var reply = Reply(answers: 2, authority: 1, additional: 1);
        var wire = reply.ToBytes();
        QuestionReader.TryRead(wire, out var question);
        var records = new RecordReader(wire, question.End);
        var seen = new List<(Section, Qtype)>();
        while (records.MoveNext())
        {
            seen.Add((records.Section, records.Type));
        }

        Assert.False(records.IsMalformed);
        Assert.Equal(
            [
                (Section.Answer, Qtype.A), (Section.Answer, Qtype.A), (Section.Authority, Qtype.NS),
                (Section.Additional, Qtype.A),
            ],
            seen);
        Assert.Equal(wire.Length, records.End);
    }

    [Fact]
    public void A_cut_message_is_malformed_at_every_length()
    {
        var wire = Reply(answers: 2, authority: 1, additional: 1).ToBytes();
        QuestionReader.TryRead(wire, out var question);
        for (var length = question.End; length < wire.Length; length++)
        {
            var records = new RecordReader(wire.AsSpan(0, length), question.End);
            while (records.MoveNext())
            {
            }
            Assert.True(records.IsMalformed);
        }
    }

    [Fact]
    public void Truncation_drops_additional_records_silently()
    {
        var wire = Reply(answers: 1, authority: 1, additional: 20).ToBytes();
        var cut = Cut(wire, 200);
        Assert.False(cut.Tc);
        Assert.Single(cut.Answer);
        Assert.Single(cut.Authority);
        Assert.Empty(cut.Additional);
    }

    [Fact]
    public void A_reply_of_exactly_the_limit_is_whole()
    {
        var wire = Reply(answers: 2, authority: 1, additional: 2).ToBytes();
        Assert.Equal(2, Cut(wire, wire.Length).Additional.Count);
        Assert.Empty(Cut(wire, wire.Length - 1).Additional);
    }

    /// <summary>The authority record ends at the limit, so only the additional ones go, and nothing has to be asked
    /// again.</summary>
    [Fact]
    public void Answers_and_authority_of_exactly_the_limit_are_not_truncated()
    {
        var limit = Reply(answers: 2, authority: 1, additional: 0).ToBytes().Length;
        var wire = Reply(answers: 2, authority: 1, additional: 2).ToBytes();
        var cut = Cut(wire, limit);
        Assert.False(cut.Tc);
        Assert.Equal((2, 1, 0), (cut.Answer.Count, cut.Authority.Count, cut.Additional.Count));
        Assert.True(Cut(wire, limit - 1).Tc);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_record_is_built_if_it_fits_to_the_octet_and_nothing_behind_one_that_does_not(int missing, bool fits)
    {
        var question = DnsMessage.Query("a.example.", "A").ToBytes()[DnsHeader.Length..];
        var owner = DnsName.Parse("b.other.")!;
        var output = new byte[DnsHeader.Length + question.Length + owner.Length + 10 + 4 - missing];
        var builder = new MessageBuilder(output, new byte[DnsHeader.Length], question);
        builder.Add(Section.Answer, owner, Qtype.A, Qclass.IN, 60, [192, 0, 2, 1]);
        Assert.Equal(fits, !builder.Overflowed);
        Assert.Equal(fits ? output.Length : DnsHeader.Length + question.Length, builder.Length);
        Assert.Equal(fits ? 1 : 0, DnsHeader.AnCount(output));
        builder.Add(Section.Answer, DnsName.Root, Qtype.A, Qclass.IN, 60, []);
        Assert.True(builder.Overflowed);
        Assert.Equal(fits ? 1 : 0, DnsHeader.AnCount(output));
    }

    [Fact]
    public void A_name_may_point_to_each_of_256_labels_before_it_and_to_no_later_one()
    {
        var question = DnsMessage.Query("example.", "A").ToBytes()[DnsHeader.Length..];
        var builder = new MessageBuilder(new byte[16_000], new byte[DnsHeader.Length], question);
        for (var i = 1; i < 256; i++)
        {
            Add($"{i}.example.", ref builder);
        }

        Assert.Equal(2 + 10, Add("255.example.", ref builder));
        Assert.Equal(4 + 2 + 10, Add("256.example.", ref builder));
        Assert.Equal(4 + 2 + 10, Add("256.example.", ref builder));

        static int Add(string owner, ref MessageBuilder builder)
        {
            var before = builder.Length;
            builder.Add(Section.Answer, DnsName.Parse(owner)!, Qtype.NULL, Qclass.IN, 60, []);
            return builder.Length - before;
        }
    }

    /// <summary>RFC 1035, section 4.1.4: a pointer has 14 bits.</summary>
    [Theory]
    [InlineData(0x3FFF, 2)]
    [InlineData(0x4000, 6)]
    [InlineData(0x4001, 6)]
    public void A_name_points_only_where_a_pointer_reaches(int labelAt, int length)
    {
        var question = DnsMessage.Query("example.", "A").ToBytes()[DnsHeader.Length..];
        var output = new byte[17_000];
        var builder = new MessageBuilder(output, new byte[DnsHeader.Length], question);
        // The owner's second label is at that offset; its first one, of three octets, is before.
        builder.Add(Section.Answer, DnsName.Root, Qtype.NULL, Qclass.IN, 60, new byte[labelAt - 3 - builder.Length - 11]);
        builder.Add(Section.Answer, DnsName.Parse("ab.tail.")!, Qtype.NULL, Qclass.IN, 60, []);
        var start = builder.Length;
        builder.Add(Section.Answer, DnsName.Parse("tail.")!, Qtype.NULL, Qclass.IN, 60, []);
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        Assert.Equal("tail.", DnsName.ToText(name[..DnsName.Read(output, start, name, out var end)]));
        Assert.Equal(length, end - start);
    }

    [Fact]
    public void Truncation_of_answers_says_so()
    {
        var wire = Reply(answers: 40, authority: 1, additional: 1).ToBytes();
        var cut = Cut(wire, 200);
        Assert.True(cut.Tc);
        Assert.InRange(cut.Answer.Count, 1, 39);
        Assert.Empty(cut.Authority);
    }

    [Fact]
    public void Whatever_is_cut_stays_well_formed_and_within_the_limit() =>
        Gen.Select(Gen.Int[0, 30], Gen.Int[0, 5], Gen.Int[0, 30], Gen.Int[100, 1300]).Sample((answers, authority, additional, limit) =>
        {
            var wire = Reply(answers, authority, additional).ToBytes();
            QuestionReader.TryRead(wire, out var question);
            var length = Truncation.Cut(wire, wire.Length, question.End, limit);
            Assert.True(length <= limit);
            DnsMessage.Parse(wire.AsSpan(0, length));
        });

    [Fact]
    public void A_reply_copies_what_the_client_sent_and_no_more()
    {
        var query = DnsMessage.Query("MiXed.example.", "A", id: 0xBEEF);
        query.Cd = true;
        query.Ad = true;
        var wire = query.ToBytes();
        QuestionReader.TryRead(wire, out var question);
        var reply = new ReplyWriter(new byte[512], wire, question.End);
        Assert.True(reply.TryAddAnswer(Qtype.A, 60, [192, 0, 2, 1]));
        reply.SetRcode(Rcode.NoError);
        var read = DnsMessage.Parse(reply.Written);
        Assert.Equal(0xBEEF, read.Id);
        Assert.True(read is { IsResponse: true, Rd: true, Cd: true, Ra: true, Ad: false, Aa: false });
        Assert.Equal("MiXed.example.", read.Question!.Name);
        Assert.Single(read.Answer);
    }

    [Fact]
    public void A_record_that_does_not_fit_is_not_written()
    {
        var wire = DnsMessage.Query("a.example.", "TXT").ToBytes();
        QuestionReader.TryRead(wire, out var question);
        var reply = new ReplyWriter(new byte[64], wire, question.End);
        Assert.False(reply.TryAddAnswer(Qtype.TXT, 60, new byte[40]));
        Assert.Equal(question.End, reply.Length);
        Assert.Equal(0, DnsHeader.AnCount(reply.Written));
    }

    private static DnsMessage Cut(byte[] wire, int limit)
    {
        QuestionReader.TryRead(wire, out var question);
        var length = Truncation.Cut(wire, wire.Length, question.End, limit);
        Assert.True(length <= limit);
        return DnsMessage.Parse(wire.AsSpan(0, length));
    }

    private static DnsMessage Reply(int answers, int authority, int additional)
    {
        var reply = DnsMessage.ReplyTo(DnsMessage.Query("www.example.", "A"));
        for (var i = 0; i < answers; i++)
        {
            reply.Answer.Add(DnsRecord.Parse($"www.example. 60 IN A 192.0.2.{i}"));
        }

        for (var i = 0; i < authority; i++)
        {
            reply.Authority.Add(DnsRecord.Parse($"example. 60 IN NS ns{i}.example."));
        }

        for (var i = 0; i < additional; i++)
        {
            reply.Additional.Add(DnsRecord.Parse($"ns{i}.example. 60 IN A 192.0.2.{i}"));
        }

        return reply;
    }
}
