using System.Text;
using NodeDns.Corefile;

namespace NodeDns.Cache.Serve;

/// <summary>What makes two blocks the same to the cache: everything that decides what upstream would answer, and nothing
/// else. Answers survive a reload, and a hand-over, under the same identity.</summary>
internal static class BlockIdentity
{
    public static string Of(ServerBlockConfig block)
    {
        var text = new StringBuilder();
        text.AppendJoin(' ', block.Zones.Select(zone => $"{zone.Name}:{zone.Port}"));
        foreach (var forward in block.Forward)
        {
            text.Append("; forward ").Append(forward.From).Append(' ').AppendJoin(' ', forward.To);
            if (forward.Except.Length > 0)
            {
                text.Append(" except ").AppendJoin(' ', forward.Except);
            }
        }
        foreach (var rule in block.Rewrite?.Rules ?? [])
        {
            text.Append("; rewrite ").Append(rule);
        }

        return text.ToString();
    }
}
