using NodeDns.Cache.Store;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Serve;

/// <summary>Where the sockets come from, and what a guard that gives them may ask.</summary>
internal sealed partial class CacheServer
{
    /// <summary>Of answers for the next cache, about 100,000 of a cluster's. The file is memory of this process's container
    /// until the next cache has read it, and a memory limit leaves little beside a full store: 64 MiB in the chart's
    /// words, for everything.</summary>
    private const long ExportBytes = 16 << 20;

    private readonly CancellationTokenSource _connecting = new();
    private readonly HashSet<ListenEndPoint> _unbound = [];
    private HandoverClient? _guard;

    private bool TakeSockets()
    {
        try
        {
            if (_options.HandoverSocket is { } path)
            {
                var hello = new HandoverHello(ProgramVersion.Text, _workers.Count, _model.EndPoints);
                var handed = HandoverClient.Connect(
                    path, hello, problem => _log.HandoverFailed(path, problem), _connecting.Token);
                // A copy: the client adds to its own, on its own thread.
                Sockets = [.. handed.Sockets];
                _guard = handed.Client;
                Import(handed.Entries);
                _log.SocketsTaken(path);
            }
            else
            {
                Sockets = ListenSockets.Open(_model.EndPoints, _workers.Count);
            }

            return true;
        }
        catch (Exception failed) when (failed is SyscallException or HandoverRefusedException)
        {
            _log.CannotStart(failed.Message);
            return false;
        }
        catch (OperationCanceledException)
        {
            // Told to stop while the guard had not answered yet.
            return false;
        }
    }

    private void Import(Stream? entries)
    {
        if (entries is null)
        {
            return;
        }

        using (entries)
        {
            StoreSnapshot.Import(_shared.Store, entries, _clock.NowMs, Libc.BootTimeMs, _shared.Store.ScopesInForce());
        }
    }

    /// <summary>Writes the answers for the next cache. Where that fails the file is left empty, as the next cache then
    /// starts; this one serves on.</summary>
    internal void ExportEntries(Stream to)
    {
        try
        {
            StoreSnapshot.Export(_shared.Store, _clock.NowMs, Libc.BootTimeMs, ExportBytes, to);
        }
        catch (Exception failed)
        {
            _log.EntriesNotExported(failed.Message);
            to.SetLength(0);
        }
    }

    /// <summary>Says once of each of a guard's sockets that no block binds it.</summary>
    private void WarnOfUnbound()
    {
        _unbound.ExceptWith(Sockets.Where(IsServed).Select(EndPointOf));
        foreach (var socket in Sockets)
        {
            if (!IsServed(socket) && _unbound.Add(EndPointOf(socket)))
            {
                _log.NobodyBinds(EndPointOf(socket).ToString());
            }
        }
    }

    /// <summary>What the guard asks, on the hand-over thread.</summary>
    private sealed class GuardControl(CacheServer server) : IHandoverControl
    {
        public void Drain() => server._loop.Post(() =>
        {
            server._drained.Clear();
            foreach (var worker in server._workers)
            {
                worker.Drain(emptyQueues: false);
            }
        });

        public void Resume() => server._loop.Post(() =>
        {
            foreach (var worker in server._workers)
            {
                worker.Resume();
            }
        });

        public void ExportEntries(Stream to) => server.ExportEntries(to);

        public void Add(IReadOnlyList<ListenSocket> sockets) => server._loop.Post(() =>
        {
            server.Sockets = [.. server.Sockets, .. sockets];
            server.WarnOfUnbound();
            foreach (var worker in server._workers)
            {
                worker.Add([.. sockets.Where(socket => socket.Worker % server._workers.Count == worker.Index)]);
            }
        });
    }
}
