using System.Net;
using NodeDns.Cache.Store;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.KernelAnswers;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Serve;

/// <summary>The part that opens the sockets or gets them from a guard, and does what the guard asks.</summary>
internal sealed partial class CacheServer
{
    /// <summary>The most octets of answers for the next cache, enough for about 100,000 answers of a cluster. Until the
    /// next cache has read the file, its memory is charged to this container, whose limit (64 MiB for everything in the
    /// chart) leaves little room when the store is full.</summary>
    private const long ExportBytes = 16 << 20;

    private readonly CancellationTokenSource _connecting = new();
    private readonly HashSet<ListenEndPoint> _unbound = [];
    private HandoverClient? _guard;
    private bool _hasPaused;

    private bool TakeSockets()
    {
        try
        {
            if (_options.HandoverSocket is { } path)
            {
                var hello = new HandoverHello(ProgramVersion.Text, _workers.Count, _model.EndPoints);
                var handed = HandoverClient.Connect(
                    path, hello, problem => _log.HandoverFailed(path, problem), _connecting.Token);
                // A copy, because the client adds to its own list on its own thread.
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
            // The server was told to stop before the guard answered.
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

    /// <summary>Writes the answers for the next cache. If that fails, the file stays empty and the next cache starts
    /// without answers; this cache is not affected.</summary>
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

    /// <summary>Warns once about each socket of the guard that no block binds.</summary>
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

    private void PauseCopies(bool isPaused)
    {
        if (Interlocked.Exchange(ref _hasPaused, isPaused) == isPaused)
        {
            return;
        }

        if (isPaused)
        {
            _shared.Store.PauseCopies();
        }
        else
        {
            _shared.Store.ResumeCopies();
        }
    }

    /// <summary>Counts once a second what the kernel has answered.</summary>
    private sealed class CopyTimer(CacheServer server) : LoopTimer
    {
        private const int PeriodMs = 1000;

        public override void OnTimer()
        {
            server._shared.Store.CountCopies(server._clock.NowMs);
            server._loop.Arm(this, PeriodMs);
        }
    }

    /// <summary>Does what the guard asks. Called on the hand-over thread.</summary>
    private sealed class GuardControl(CacheServer server) : IHandoverControl
    {
        public void Drain()
        {
            // At once: from here on another cache answers, perhaps because this one is wrong.
            server.PauseCopies(true);
            server._loop.Post(() => server.DrainWorkers(readOn: false));
        }

        public void LeftAlone() => server._loop.Post(() => server.DrainWorkers(readOn: true));

        public void UseAnswerSlots(AnswerSlots slots, IReadOnlyList<IPEndPoint> endPoints) => server._loop.Post(() =>
        {
            server._shared.Store.CopyTo(slots, endPoints);
            server._copies.OnTimer();
        });

        public void Resume() => server._loop.Post(() =>
        {
            server.PauseCopies(false);
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
