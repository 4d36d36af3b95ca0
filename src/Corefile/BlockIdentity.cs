using System.Text;

namespace NodeDns.Corefile;

/// <summary>Returns a text with everything in a block that decides its answers. Two blocks with the same text may share
/// stored answers; others may not.</summary>
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
        // Add the servers as addresses, because names and files were resolved after the text was written, and stub
        // domains have no text.
        foreach (var forward in block.Forward)
        {
            text.Append("\nto ").AppendJoin(' ', forward.To.Select(server => $"{server} {server.Tls} {server.ServerName}"));
        }
        return text.ToString();
    }
}
