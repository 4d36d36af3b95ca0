using System.CommandLine;
using NodeDns.Linux.Interop;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Commands;

/// <summary><c>node-dns-cache trace</c>: prints lookups as they are answered, one on each line, from the taps of the
/// pod that it runs in.</summary>
internal static class TraceCommand
{
    /// <summary>The paths of both containers' taps in the chart's pods.</summary>
    private const string TapsOfThePod = "/run/node-dns/pod";

    private const string TapExtension = ".tap";

    private static readonly Option<string> s_tap = new("--tap")
    {
        Description = "A tap's socket, or a directory whose *.tap are read.",
        HelpName = "PATH",
        DefaultValueFactory = _ => TapsOfThePod,
    };

    private static readonly Option<bool> s_json = new("--json")
    {
        Description = "JSON lines.",
    };

    private static readonly Option<int> s_count = new("--count")
    {
        Description = "End after so many lookups; 0: never.",
        HelpName = "N",
    };

    private static readonly Option<bool> s_untilEof = new("--until-eof")
    {
        Description = "End when standard input ends, as that of an exec does with its connection.",
    };

    /// <summary>Creates the subcommand.</summary>
    public static Command Create()
    {
        var command = new Command("trace", "Print lookups as they are answered, and where each answer came from.")
        {
            s_tap, s_json, s_count, s_untilEof,
        };
        foreach (var option in TraceFilter.Options)
        {
            command.Add(option);
        }

        command.SetAction(result => Run(
            result.GetRequiredValue(s_tap),
            TraceFilter.Line(result),
            new TraceWriter(
                result.InvocationConfiguration.Output,
                result.InvocationConfiguration.Error,
                result.GetValue(s_json),
                result.GetValue(s_count),
                result.GetValue(s_untilEof)),
            result.GetValue(s_untilEof)));
        return command;
    }

    /// <summary>Reads until the taps end, or until enough lookups have been printed.</summary>
    /// <returns>The exit code: 1 when no tap could be read.</returns>
    private static int Run(string path, string filter, TraceWriter writer, bool untilEof)
    {
        var paths = Directory.Exists(path) ? Directory.GetFiles(path, "*" + TapExtension) : [path];
        if (paths.Length == 0)
        {
            writer.Complain($"--tap {path}: no *{TapExtension} in there: give the directory or socket of serve's --tap");
            return 1;
        }

        if (untilEof)
        {
            new Thread(() => EndWith(Console.OpenStandardInput(), writer)) { IsBackground = true }.Start();
        }

        var readers = paths.Select(tap => new Thread(() => Follow(tap, filter, writer)) { IsBackground = true }).ToList();
        readers.ForEach(reader => reader.Start());
        foreach (var reader in readers)
        {
            while (!reader.Join(TimeSpan.FromMilliseconds(20)) && !writer.IsDone)
            {
            }
        }

        return writer.HasRead ? 0 : 1;
    }

    private static void EndWith(Stream input, TraceWriter writer)
    {
        while (input.Read(new byte[256]) > 0)
        {
        }

        writer.End();
    }

    private static void Follow(string path, string filter, TraceWriter writer)
    {
        try
        {
            using var tap = TapClient.Connect(path, filter);
            while (!writer.IsDone && tap.Read() is { } frame)
            {
                writer.Write(frame, tap.Payload, path);
            }
        }
        catch (IOException)
        {
            // Nobody reads what is printed any more.
            writer.End();
        }
        catch (SyscallException failure)
        {
            writer.Complain($"--tap {path}: {failure.Message}: is serve running there with this --tap, as this user?");
        }
    }
}
