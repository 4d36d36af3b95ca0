using System.Text;

namespace NodeDns.Corefile;

/// <summary>What of a block decides which answers it keeps: two blocks with the same text would keep the same, and one
/// that is written otherwise, or leads to other servers, might not.</summary>
public static class BlockIdentity
{
    public static string Of(ServerBlockConfig block)
    {
        var text = new StringBuilder();
        text.AppendJoin(' ', block.Zones);
        foreach (var directive in DirectiveTable.InOrder.Where(directive => directive.ShapesAnswers))
        {
            foreach (var written in block.Written.Where(written => written.Name == directive.Name))
            {
                text.Append('\n').Append(written.Text);
            }
        }
        // Names and files of servers have been looked up since they were written; stub domains were never written.
        foreach (var forward in block.Forward)
        {
            text.Append("\nto ").AppendJoin(' ', forward.To.Select(server => $"{server} {server.Tls} {server.ServerName}"));
        }
        return text.ToString();
    }
}
