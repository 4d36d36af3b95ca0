using System.CommandLine;
using NodeDns.Linux.Handover;

namespace NodeDns.Cache.Commands;

/// <summary><c>node-dns-cache ready</c>: asks one guard, that of the same pod, whether the node gets its answers from its
/// cache. The health port cannot tell: the guards of two pods share it during an upgrade.</summary>
internal static class ReadyCommand
{
    /// <summary>The subcommand, for the program's root.</summary>
    public static Command Create()
    {
        var handover = new Option<string>("--handover")
        {
            Description = "Unix socket of the guard.",
            HelpName = "SOCKET",
            Required = true,
        };
        var command = new Command("ready", "Ask a guard whether its cache answers: exit code 0 or 1.") { handover };
        command.SetAction(result =>
        {
            var path = result.GetRequiredValue(handover);
            if (Problem(path) is not { } problem)
            {
                return 0;
            }
            Console.Error.WriteLine($"--handover {path}: {problem}");
            return 1;
        });
        return command;
    }

    /// <summary>Waits for the guard's answer as long as the guard lives.</summary>
    /// <returns>null: ready.</returns>
    private static string? Problem(string path)
    {
        var fd = HandoverChannel.Connect(path, blocking: true, out var problem);
        if (fd < 0)
        {
            return problem ?? "no guard listens there";
        }
        HandoverChannel.Send(fd, new HandoverMessage(HandoverKind.AskReadiness));
        var answer = HandoverChannel.Receive(fd, new byte[HandoverMessage.Capacity], out _);
        return answer is null ? "the guard went away" : answer.Text(HandoverTag.Reason);
    }
}
