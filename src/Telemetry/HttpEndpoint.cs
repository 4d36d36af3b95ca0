using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Telemetry;

/// <summary>Serves metrics, health and readiness over HTTP/1.1 (GET and HEAD) on any number of addresses.</summary>
/// <remarks>Has its own thread and loop, so that a scrape never delays a query. Kestrel would need more memory than the
/// whole cache. At most <see cref="MaxConnections"/> clients: another one closes the oldest connection, so that clients
/// that keep connections open cannot keep a probe out.</remarks>
public sealed class HttpEndpoint : IDisposable
{
    /// <summary>Prometheus and kubelet need one each. The rest is for people.</summary>
    public const int MaxConnections = 64;

    private readonly Thread _thread;
    private readonly LinkedList<HttpConnection> _connections = new();
    private readonly Dictionary<(IPAddress? Address, int Port), HttpListener> _listeners = [];
    private readonly Lock _applying = new();

    /// <param name="log">Logs when the renewed files of an HTTPS listener are loaded, and when they cannot be.</param>
    public HttpEndpoint(ILogger? log = null)
    {
        Log = log ?? NullLogger.Instance;
        Loop = new EventLoop();
        _thread = new Thread(Loop.Run, 256 * 1024) { Name = "http", IsBackground = true };
        _thread.Start();
    }

    /// <summary>The endpoint's loop, for other work on the same thread (the health self-probe).</summary>
    public EventLoop Loop { get; }

    internal ILogger Log { get; }

    /// <summary>Replaces the routes. Listeners that are still needed keep their connections. New listeners are opened
    /// first; if one cannot be opened, nothing changes.</summary>
    /// <returns>One line for each address that cannot be listened on; empty when the routes are in force.</returns>
    public IReadOnlyList<string> Apply(IReadOnlyList<HttpRoute> routes)
    {
        lock (_applying)
        {
            var problems = new List<string>();
            var opened = new Dictionary<(IPAddress? Address, int Port), HttpListener>();
            var certificates = new Dictionary<(IPAddress? Address, int Port), HttpTls>();
            var wanted = routes.GroupBy(r => (r.Address, r.Port)).ToList();
            foreach (var group in wanted)
            {
                if (group.Select(route => route.Tls).FirstOrDefault(files => files is not null) is { } files)
                {
                    if (HttpTls.Open(files, out var problem) is { } tls)
                    {
                        certificates[group.Key] = tls;
                    }
                    else
                    {
                        problems.Add($"{group.First().Directive} tls: {problem}");
                    }
                }
                if (_listeners.ContainsKey(group.Key))
                {
                    continue;
                }

                var result =
                    HttpListener.Open(this, group.Key.Address, group.Key.Port, out var made);
                if (made is null)
                {
                    problems.Add(Problem(group.First(), result.Error));
                }
                else
                {
                    opened[group.Key] = made;
                }
            }
            if (problems.Count > 0)
            {
                foreach (var listener in opened.Values)
                {
                    listener.Close();
                }

                return problems;
            }

            var closed = _listeners.Where(l => !wanted.Exists(w => w.Key.Equals(l.Key))).ToList();
            foreach (var (key, _) in closed)
            {
                _listeners.Remove(key);
            }

            foreach (var (key, listener) in opened)
            {
                _listeners[key] = listener;
            }

            OnLoop(() =>
            {
                foreach (var (_, listener) in closed)
                {
                    listener.Close();
                }

                foreach (var group in wanted)
                {
                    _listeners[group.Key].Routes = ByPath(group);
                    _listeners[group.Key].Tls = certificates.GetValueOrDefault(group.Key);
                }
                foreach (var listener in opened.Values)
                {
                    listener.Start();
                }
            });
            return [];
        }
    }

    /// <summary>Where the listener is really bound, which tells the port if 0 was asked for.</summary>
    public IPEndPoint BoundAddress(IPAddress? address, int port)
    {
        lock (_applying)
        {
            return _listeners[(address, port)].Bound;
        }
    }

    public void Dispose()
    {
        if (!_thread.IsAlive)
        {
            return;
        }

        OnLoop(() =>
        {
            foreach (var listener in _listeners.Values)
            {
                listener.Close();
            }

            while (_connections.First is { } oldest)
            {
                oldest.Value.Close();
            }
        });
        Loop.Stop();
        _thread.Join();
        Loop.Dispose();
    }

    internal void Accepted(HttpConnection connection)
    {
        _connections.AddLast(connection);
        if (_connections.Count > MaxConnections)
        {
            _connections.First!.Value.Close();
        }
    }

    internal void Closed(HttpConnection connection) => _connections.Remove(connection);

    private static Dictionary<string, HttpRoute> ByPath(IEnumerable<HttpRoute> routes)
    {
        var byPath = new Dictionary<string, HttpRoute>(StringComparer.Ordinal);
        foreach (var route in routes)
        {
            byPath[route.Path] = route;
        }

        return byPath;
    }

    private static string Problem(HttpRoute route, Errno error)
    {
        var address =
            route.Address is null ? $":{route.Port}" : new IPEndPoint(route.Address, route.Port).ToString();
        var remedy = error switch
        {
            Errno.EADDRINUSE =>
                $"{PortOwner.Of(route.Port) ?? "another process"} listens there; "
                + "stop it or give this directive another port",
            Errno.EADDRNOTAVAIL => "no interface of this machine has that address",
            Errno.EACCES => "ports below 1024 need CAP_NET_BIND_SERVICE",
            _ => "choose another address",
        };
        return $"{route.Directive} {address}: {error.Describe()}: {remedy}";
    }

    private void OnLoop(Action work)
    {
        using var done = new ManualResetEventSlim();
        Loop.Post(() =>
        {
            work();
            done.Set();
        });
        done.Wait();
    }
}
