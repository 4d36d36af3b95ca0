using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>any: answers questions of type ANY with one HINFO record, so that upstreams are not asked for everything
/// (RFC 8482 section 4.2).</summary>
internal sealed class AnyPlugin : IQueryPlugin
{
    private const uint TtlSeconds = 8482;

    public PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply)
    {
        if (query.Type != Qtype.ANY)
        {
            return PluginVerdict.Next;
        }
        // Two character strings, each preceded by its length.
        reply.TryAddAnswer(Qtype.HINFO, TtlSeconds, "\u000DANY obsoleted\u000CSee RFC 8482"u8);
        return PluginVerdict.Answered;
    }
}
