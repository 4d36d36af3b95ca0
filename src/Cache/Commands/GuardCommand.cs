using System.CommandLine;
using System.Net;
using NodeDns.Addresses;
using NodeDns.Go;
using NodeDns.Guard;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Commands;

/// <summary><c>node-dns-cache guard</c>: reads the flags and runs a <see cref="Guard"/> until it is told to
/// stop.</summary>
internal static class GuardCommand
{
    private const int DefaultDnsPort = 53;

    /// <summary>Creates the subcommand.</summary>
    public static Command Create()
    {
        var flags = new GuardFlags();
        var command = new Command("guard", "Own the local addresses, sockets and rules; fail over and hand over.");
        flags.AddTo(command);
        command.SetAction(result =>
        {
            if (flags.Read(result, out var problems) is { } options)
            {
                return GuardProcess.Run(options);
            }
            foreach (var problem in problems)
            {
                Console.Error.WriteLine(problem);
            }
            return 1;
        });
        return command;
    }

    /// <summary>Parses an IP address, or IP:port with default port 53. A link-local address needs the name of an
    /// existing link.</summary>
    internal static IPEndPoint? ParseServer(string text)
    {
        var port = DefaultDnsPort;
        return AddressText.TryServer(text, ref port, out var server) && !server.LacksScope
            && LinkScope.Of(server.Address, server.Scope) is { } address
                ? new IPEndPoint(address, port)
                : null;
    }

    /// <summary>Parses "250ms", "5s", "2m" or "0".</summary>
    internal static TimeSpan? ParseTime(string text) => GoDuration.TryParse(text, out var time) ? time : null;
}
