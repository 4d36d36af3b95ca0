using System.Text;

namespace NodeDns.Testing.Messages;

/// <summary>A DNS message as a test writes and reads it (RFC 1035 section 4.1).</summary>
public sealed class DnsMessage
{
    public ushort Id { get; set; }

    public bool IsResponse { get; set; }

    public int Opcode { get; set; }

    public bool Aa { get; set; }

    public bool Tc { get; set; }

    public bool Rd { get; set; }

    public bool Ra { get; set; }

    public bool Ad { get; set; }

    public bool Cd { get; set; }

    /// <summary>With the upper bits that travel in the OPT record.</summary>
    public int Rcode { get; set; }

    public DnsQuestion? Question { get; set; }

    public List<DnsRecord> Answer { get; } = [];

    public List<DnsRecord> Authority { get; } = [];

    /// <summary>Without the OPT record, which is <see cref="Edns"/>.</summary>
    public List<DnsRecord> Additional { get; } = [];

    public DnsEdns? Edns { get; set; }

    public static DnsMessage Query(string name, string type, ushort id = 0) =>
        new() { Id = id, Rd = true, Question = new DnsQuestion(name, type) };

    /// <summary>An empty answer to a query: same id, question, RD and CD; RA set.</summary>
    public static DnsMessage ReplyTo(DnsMessage query) => new()
    {
        Id = query.Id,
        IsResponse = true,
        Opcode = query.Opcode,
        Rd = query.Rd,
        Cd = query.Cd,
        Ra = true,
        Question = query.Question,
        Edns = query.Edns is null ? null : new DnsEdns(Do: query.Edns.Do),
    };

    public byte[] ToBytes(bool compress = true) => new DnsEncoder(compress).Encode(this);

    /// <exception cref="FormatException">The octets are no well-formed message; says at which offset and why.</exception>
    public static DnsMessage Parse(ReadOnlySpan<byte> wire) => new DnsDecoder(wire).Decode();

    public string RcodeText => DnsTypes.RcodeText(Rcode);

    /// <summary>The set flags in the order of the header: "qr aa rd ra".</summary>
    public string FlagsText => string.Join(' ', new (bool Set, string Name)[]
        {
            (IsResponse, "qr"), (Aa, "aa"), (Tc, "tc"), (Rd, "rd"), (Ra, "ra"), (Ad, "ad"), (Cd, "cd"),
        }.Where(flag => flag.Set).Select(flag => flag.Name));

    /// <summary>Every part, a line each, for a failed test's message.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine($"id {Id} {RcodeText} flags {FlagsText}" +
            (Edns is null ? "" : $" edns {Edns.UdpSize}{(Edns.Do ? " do" : "")}"));
        text.AppendLine($"question {Question}");
        Section("answer", Answer);
        Section("authority", Authority);
        Section("additional", Additional);
        return text.ToString();

        void Section(string name, List<DnsRecord> records)
        {
            foreach (var record in records)
            {
                text.AppendLine($"{name} {record}");
            }
        }
    }
}
