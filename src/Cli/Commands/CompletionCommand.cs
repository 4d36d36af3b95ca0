using System.CommandLine;

namespace NodeDns.Cli.Commands;

/// <summary>Shell completion as kubectl expects it from plugins: kubectl runs <c>kubectl_complete-nodedns</c> with the
/// words so far, and reads one candidate for each line, then a directive.</summary>
internal static class CompletionCommand
{
    /// <summary>The command that this script runs.</summary>
    public const string Hidden = "__complete";

    /// <summary>Cobra's ShellCompDirectiveNoFileComp.</summary>
    private const string NoFiles = ":4";

    private const string Description =
        """
        Writes the script by which kubectl completes the commands and flags of this plugin. Put it on your PATH as
        kubectl_complete-nodedns and make it executable; kubectl's own completion does the rest:
        kubectl nodedns completion > ~/.local/bin/kubectl_complete-nodedns && chmod +x ~/.local/bin/kubectl_complete-nodedns
        """;

    public static Command Create()
    {
        var command = new Command("completion", Description);
        command.SetAction(_ => Console.Out.Write($"#!/usr/bin/env sh\nexec kubectl-nodedns {Hidden} \"$@\"\n"));
        return command;
    }

    /// <param name="root">The command tree.</param>
    /// <param name="words">The words so far. The last one is being typed and may be empty.</param>
    public static int Complete(RootCommand root, string[] words)
    {
        var typing = words.Length > 0 ? words[^1] : "";
        var line = $"{root.Name} {string.Join(' ', words)}";
        foreach (var item in root.Parse(line).GetCompletions(line.Length).Select(item => item.Label)
            .Where(label => label.StartsWith(typing, StringComparison.Ordinal) && label[0] != '/' && (typing.Length > 0 || label[0] != '-'))
            .Distinct().Order(StringComparer.Ordinal))
        {
            Console.Out.WriteLine(item);
        }

        Console.Out.WriteLine(NoFiles);
        return ExitCode.Nothing;
    }
}
