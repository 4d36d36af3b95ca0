using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NodeDns.Cli.Tests.Cluster;

/// <summary>Answers every connection with the same octets.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawServer(string answer)
    {
        _listener.Start();
        _ = ServeAsync(Encoding.UTF8.GetBytes(answer));
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(byte[] answer)
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                var stream = client.GetStream();
                // The request is read to its end, or closing the connection would take the answer back.
                var request = new StreamReader(stream);
                while (await request.ReadLineAsync() is { Length: > 0 })
                {
                }

                await stream.WriteAsync(answer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
