using System.CommandLine;
using System.Globalization;
using System.Text;
using NodeDns.Cli.Checks;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Commands;

/// <summary>Writes the pages that are generated from the command tree, as <c>--help</c> is: the man page,
/// docs/cli-reference.md and docs/cli-checks.md.</summary>
internal static class ReferenceCommand
{
    public static Command Create(RootCommand root)
    {
        var page = new Argument<string>("PAGE") { Description = "man, markdown or checks" };
        page.CompletionSources.Add("man", "markdown", "checks");
        var command = new Command("reference", "Writes the manual: as a man page, or as pages of the documentation") { page };
        command.SetAction(parse =>
        {
            var text = parse.GetValue(page) switch
            {
                "man" => Man(root),
                "markdown" => Markdown(root),
                "checks" => ChecksPage(),
                _ => null,
            };
            if (text is null)
            {
                return Session.Fail($"reference {parse.GetValue(page)}: expected man, markdown or checks", null);
            }

            Console.Out.Write(text);
            return ExitCode.Nothing;
        });
        return command;
    }

    public static string Markdown(RootCommand root)
    {
        var text = new StringBuilder("# kubectl nodedns: every command and flag\n\n");
        text.Append("Written by `kubectl nodedns reference markdown`; [cli.md](cli.md) tells how to use it.\n\n");
        text.Append(Paragraph(CommandTree.Description)).Append("\n\n## Flags of every command\n\n");
        Table(text, root.Options.Where(option => option.Recursive));
        foreach (var command in root.Subcommands)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {Usage(command)}\n\n{Paragraph(command.Description)}\n");
            if (command.Options.Count + command.Arguments.Count > 0)
            {
                text.Append('\n');
                Table(text, command.Arguments.Cast<Symbol>().Concat(command.Options));
            }
        }

        return text.ToString();
    }

    public static string ChecksPage()
    {
        var text = new StringBuilder("# What kubectl nodedns doctor checks\n\n");
        text.Append("Written by `kubectl nodedns reference checks`. A code keeps its meaning for ever. Those marked are made before an install too (`--pre`).\n\n");
        text.Append("| code | category | before an install | all is well when |\n|---|---|---|---|\n");
        foreach (var check in CheckTable.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {check.Code} | {check.Category} | {(check.IsPre ? "yes" : "")} | {check.Title} |\n");
        }

        return text.ToString();
    }

    private static string Man(RootCommand root)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $".TH KUBECTL\\-NODEDNS 1 \"\" \"node-dns {Roff(InjectionStatus.Version)}\"\n");
        text.Append(".SH NAME\nkubectl\\-nodedns \\- see, move, check and undo the node\\-local DNS cache\n");
        text.Append(".SH SYNOPSIS\n.B kubectl nodedns\nCOMMAND [flags]\n");
        text.Append(CultureInfo.InvariantCulture, $".SH DESCRIPTION\n{Roff(Paragraph(CommandTree.Description))}\n");
        foreach (var command in root.Subcommands)
        {
            text.Append(CultureInfo.InvariantCulture, $".SH {command.Name.ToUpperInvariant()}\n.B {Roff(Usage(command))}\n.PP\n{Roff(Paragraph(command.Description))}\n");
            foreach (var symbol in command.Arguments.Cast<Symbol>().Concat(command.Options))
            {
                text.Append(CultureInfo.InvariantCulture, $".TP\n.B {Roff(Names(symbol))}\n{Roff(symbol.Description ?? "")}\n");
            }
        }

        text.Append(".SH FLAGS OF EVERY COMMAND\n");
        foreach (var option in root.Options.Where(option => option.Recursive))
        {
            text.Append(CultureInfo.InvariantCulture, $".TP\n.B {Roff(Names(option))}\n{Roff(option.Description ?? "")}\n");
        }

        return text.ToString();
    }

    private static void Table(StringBuilder text, IEnumerable<Symbol> symbols)
    {
        text.Append("| flag | meaning |\n|---|---|\n");
        foreach (var symbol in symbols)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{Names(symbol).Replace("|", "\\|", StringComparison.Ordinal)}` | {symbol.Description} |\n");
        }
    }

    private static string Usage(Command command) =>
        $"kubectl nodedns {command.Name}" + string.Concat(command.Arguments.Select(argument => $" [{argument.Name}]"));

    private static string Names(Symbol symbol) => symbol is Option option
        ? string.Join(", ", option.Aliases.Append(option.Name)) + (option.HelpName is { } value ? " " + value : "")
        : symbol.Name;

    private static string Paragraph(string? text) => (text ?? "").Replace("\r", "", StringComparison.Ordinal).Trim();

    private static string Roff(string text) =>
        text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
}
