using System.Net;
using NodeDns.Guard;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Tests.Serve;

/// <summary>A guard's side of the hand-over, and nothing else of it: gives a cache what its Corefile binds, and sockets
/// at addresses of its own.</summary>
internal sealed class HandingGuard : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodedns-guard-").FullName;
    private readonly EventLoop _loop = new();
    private readonly List<ListenSocket> _held = [];
    private readonly UnixListener _listener;
    private readonly Thread _thread;
    private HandoverChannel? _cache;

    /// <param name="own">Addresses where it listens whatever the Corefile says, at the port of the Corefile's.</param>
    public HandingGuard(params IPAddress[] own)
    {
        _listener = new UnixListener(_loop, Path, 0x180, _ => true, fd =>
            _cache = new HandoverChannel(_loop, fd, message => OnMessage(message, own), () => { }));
        _listener.Ensure();
        _thread = new Thread(_loop.Run) { IsBackground = true };
        _thread.Start();
    }

    public string Path => System.IO.Path.Combine(_folder, "handover.sock");

    /// <summary>Done while a cache waits for the sockets.</summary>
    public Action BeforeGiving { get; init; } = () => { };

    public void Dispose()
    {
        _loop.Stop();
        _thread.Join();
        _listener.Dispose();
        _cache?.Close();
        _loop.Dispose();
        ListenSockets.Close(_held);
        Directory.Delete(_folder, recursive: true);
    }

    private void OnMessage(HandoverMessage message, IPAddress[] own)
    {
        ListenEndPoint[] wanted = [.. message.EndPoints()];
        switch (message.Kind)
        {
            case HandoverKind.Hello:
                BeforeGiving();
                var port = wanted[0].EndPoint.Port;
                Give([
                    .. wanted,
                    .. own.Select(ip => new ListenEndPoint(ListenProtocol.Udp, new IPEndPoint(ip, port))),
                ]);
                break;
            case HandoverKind.Want:
                Give([.. wanted.Except(_held.Select(socket => new ListenEndPoint(socket.Protocol, socket.EndPoint)))]);
                break;
        }
    }

    private void Give(ListenEndPoint[] endPoints)
    {
        var opened = ListenSockets.Open(endPoints, 1);
        _held.AddRange(opened);
        _cache!.SendSockets(HandoverKind.Sockets, opened);
    }
}
