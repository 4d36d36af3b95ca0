using System.Text;

namespace NodeDns.Webhook.Options;

/// <summary>The text of <c>--help</c>: a table of the options.</summary>
internal static class HelpText
{
    public static string Write()
    {
        var text = new StringBuilder();
        text.AppendLine("node-dns-webhook --tls-cert FILE --tls-key FILE [OPTION VALUE]…");
        text.AppendLine("Points new pods at the node's DNS cache: a mutating admission webhook for Kubernetes.");
        text.AppendLine();
        foreach (var spec in OptionTable.All)
        {
            text.Append("  --").Append(spec.Name).Append("  (").Append(spec.Variable);
            if (spec.Default.Length > 0)
            {
                text.Append(", default ").Append(spec.Default);
            }

            text.AppendLine(")");
            text.Append("      ").AppendLine(spec.Meaning);
        }
        text.AppendLine("  --check");
        text.AppendLine("      validate the options, print what is in use and exit without serving");
        text.AppendLine("  --help, --version");
        return text.ToString();
    }
}
