using System.Diagnostics;
using System.Net;
using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>A DNS server run as a process on loopback.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly List<string> _output = [];

    private ServerProcess(Process process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public IPEndPoint EndPoint { get; }

    public Process Process => _process;

    public static async Task<ServerProcess> Start(IPEndPoint endPoint, string program, params string[] arguments)
    {
        var server = new ServerProcess(Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!, endPoint);
        var started = TimeProvider.System.GetTimestamp();
        while (await server.Ask(DnsMessage.Query("started.a.example.com.", "A", 1), overTcp: true, TimeSpan.FromSeconds(1)) is null)
        {
            if (server._process.HasExited || TimeProvider.System.GetElapsedTime(started) > s_startPatience)
            {
                lock (server._output)
                {
                    throw new InvalidOperationException(
                        $"{program} does not answer on {endPoint}:\n{string.Join('\n', server._output)}");
                }
            }
            await Task.Delay(100);
        }
        return server;
    }

    /// <returns>The reply, or null when none came in time.</returns>
    public async Task<DnsMessage?> Ask(DnsMessage query, bool overTcp, TimeSpan patience)
    {
        try
        {
            using var pending = await PendingReply.Send(EndPoint, query.ToBytes(), overTcp);
            return await pending.Receive(patience) is { } octets ? DnsMessage.Parse(octets) : null;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            if (line is not null)
            {
                _output.Add(line);
            }
        }
    }
}
