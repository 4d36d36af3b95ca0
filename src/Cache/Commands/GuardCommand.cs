using System.CommandLine;
using System.Globalization;
using System.Net;
using NodeDns.Guard;

namespace NodeDns.Cache.Commands;

/// <summary><c>node-dns-cache guard</c>: reads its flags and runs a <see cref="Guard"/> until it is told to
/// stop.</summary>
internal static class GuardCommand
{
    private const int DefaultDnsPort = 53;

    /// <summary>The subcommand, for the program's root.</summary>
    public static Command Create()
    {
        var flags = new GuardFlags();
        var command = new Command("guard", "Own the local addresses, sockets and rules; fail over and hand over.");
        flags.AddTo(command);
        command.SetAction(result =>
        {
            if (flags.Read(result, out var problem) is { } options)
            {
                return GuardProcess.Run(options);
            }
            Console.Error.WriteLine(problem);
            return 1;
        });
        return command;
    }

    /// <summary>One IP address, or IP:port; the port defaults to 53.</summary>
    internal static IPEndPoint? ParseServer(string text) =>
        IPAddress.TryParse(text.Trim('[', ']'), out var address) ? new IPEndPoint(address, DefaultDnsPort)
        : IPEndPoint.TryParse(text, out var endPoint) && endPoint.Port > 0 ? endPoint
        : null;

    /// <summary>"250ms", "5s", "2m", "0".</summary>
    internal static TimeSpan? ParseTime(string text)
    {
        var (number, milliseconds) = text switch
        {
            "0" => ("0", 1),
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 1),
            _ when text.EndsWith('s') => (text[..^1], 1000),
            _ when text.EndsWith('m') => (text[..^1], 60_000),
            _ => ("", 0),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? TimeSpan.FromMilliseconds(value * milliseconds)
            : null;
    }
}
