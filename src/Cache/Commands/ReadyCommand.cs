using System.CommandLine;
using NodeDns.Linux.Handover;

namespace NodeDns.Cache.Commands;

/// <summary><c>node-dns-cache ready</c>: asks the guard of the same pod whether the cache answers this node's lookups.
/// The health port cannot be used for this, because two pods' guards share it during an upgrade.</summary>
internal static class ReadyCommand
{
    /// <summary>Creates the subcommand.</summary>
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

    /// <summary>Asks the guard and waits for its answer, as long as the guard lives.</summary>
    /// <returns>null when the guard is ready.</returns>
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
