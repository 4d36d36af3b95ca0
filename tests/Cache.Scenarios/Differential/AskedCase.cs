using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>One question as it is sent to both servers.</summary>
internal sealed record AskedCase(string Name, string Type, bool OverTcp = false, bool Do = false, bool Cd = false,
    bool Ad = false, bool Rd = true, int? BufferSize = null, string Class = "IN", int EdnsVersion = 0, int Opcode = 0)
{
    public DnsMessage Query(ushort id)
    {
        var query = DnsMessage.Query(Name, Type, id);
        query.Question = new DnsQuestion(Name, Type, Class);
        (query.Cd, query.Ad, query.Rd, query.Opcode) = (Cd, Ad, Rd, Opcode);
        if (Do || BufferSize is not null || EdnsVersion > 0)
        {
            query.Edns = new DnsEdns((ushort)(BufferSize ?? 1232), Do, (byte)EdnsVersion);
        }
        return query;
    }

    public override string ToString() =>
        $"{Name} {Class} {Type}{(OverTcp ? " tcp" : "")}{(Do ? " do" : "")}{(Cd ? " cd" : "")}{(Ad ? " ad" : "")}" +
        $"{(Rd ? "" : " nord")}{(BufferSize is { } size ? $" bufsize {size}" : "")}" +
        $"{(EdnsVersion > 0 ? $" edns-version {EdnsVersion}" : "")}{(Opcode > 0 ? $" opcode {Opcode}" : "")}";
}
