using System.Buffers.Binary;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>whoami: tells the client its own address in the additional section, as A or AAAA, and its port as an SRV
/// record whose owner names the protocol.</summary>
internal sealed class WhoamiPlugin : IQueryPlugin
{
    public PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply)
    {
        reply.SetAuthoritative();
        ReadOnlySpan<byte> pointer = [ReplyWriter.PointerToQname >> 8, ReplyWriter.PointerToQname & 0xFF];
        reply.TryAdd(
            Section.Additional,
            pointer,
            query.ClientAddress.Length == 4 ? Qtype.A : Qtype.AAAA,
            query.Class,
            0,
            query.ClientAddress);
        var proto = query.IsTcp ? "\x04_tcp"u8 : "\x04_udp"u8;
        byte[] owner = [.. proto, .. pointer];
        // Priority 0, weight 0, the port, and the root as target.
        byte[] srv = [0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(srv.AsSpan(4), query.ClientPort);
        reply.TryAdd(Section.Additional, owner, Qtype.SRV, query.Class, 0, srv);
        return PluginVerdict.Answered;
    }
}
