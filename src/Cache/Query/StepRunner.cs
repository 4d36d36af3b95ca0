using NodeDns.Cache.Plugins;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Interop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>Runs the steps that may answer a query by themselves. There is one for each worker.</summary>
internal sealed class StepRunner(Replies replies, OwnQuestions own)
{
    private readonly byte[] _written = ScratchBuffer.Allocate(QueryHandler.MaxMessage + QueryEdns.EmptyOptLength);

    /// <summary>Runs steps in order until one answers or drops the query.</summary>
    /// <returns>false when no step did.</returns>
    public bool TryAnswer(QueryStep[] steps, in ClientQuery query, Span<byte> reply, out QueryOutcome outcome)
    {
        var length = Ask(steps, query.ForPlugins(), _written, out var by);
        if (length > 0 && by == AnsweredBy.Template
            && own.TryFollowCname(query, _written.AsSpan(0, length), reply, out outcome))
        {
            return true;
        }

        outcome = length > 0 ? replies.FromPlugin(query, _written, length, reply, by) : QueryOutcome.Drop;
        return length != 0;
    }

    /// <returns>Length of the reply; 0 when no step has answered, -1 when the client shall get no reply.</returns>
    public static int Ask(QueryStep[] steps, in PluginQuery query, Span<byte> reply, out AnsweredBy by)
    {
        foreach (var step in steps)
        {
            by = step.By;
            var writer = new ReplyWriter(
                reply[..QueryHandler.MaxMessage], query.Message, DnsHeader.Length + query.Name.Length + 4);
            switch (step.Plugin.Handle(query, ref writer))
            {
                case PluginVerdict.Answered:
                    return writer.Length;
                case PluginVerdict.Drop:
                    return -1;
            }
        }
        by = AnsweredBy.Server;
        return 0;
    }
}
