using System.Threading.Channels;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Tracing;

/// <summary>Reads the lookups of several nodes at once, by <c>node-dns-cache trace</c> in the cache's pod of each.</summary>
/// <remarks>Which nodes, and which clients of each, follows the pods that are asked about. A node whose pod is replaced, or
/// whose connection is cut, is tried again.</remarks>
/// <param name="say">Tells the user of a problem, once.</param>
internal sealed class NodeTaps(ApiClient api, Release release, TraceTarget target, IReadOnlyList<string> filter, Action<string> say)
    : IDisposable
{
    /// <summary>How long the filter may be that is sent to a node. Longer lists of clients are filtered here.</summary>
    private const int MostClientText = 3000;

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(2);

    /// <summary>How long a node that does not answer delays the beginning.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly Channel<Lookup> _lookups = Channel.CreateBounded<Lookup>(10_000);
    private readonly Dictionary<string, Reader> _readers = [];
    private readonly SemaphoreSlim _changed = new(0);
    private readonly Lock _saying = new();
    private readonly HashSet<string> _said = [];

    public PodBook Pods { get; } = new(target.Wants);

    public ChannelReader<Lookup> Lookups => _lookups.Reader;

    /// <summary>Parts of the answer are missing.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>Follows pods and nodes until it is cancelled.</summary>
    /// <param name="started">Called when the first connections stand, or have failed.</param>
    /// <param name="cancel">Detaches everywhere.</param>
    public async Task RunAsync(Action started, CancellationToken cancel)
    {
        string version;
        try
        {
            version = await new ListReader(api).ReadAsync(target.Pods, ListReader.Whole, pod => Pods.Note("ADDED", pod), cancel);
        }
        catch
        {
            // Nothing will come: whoever waits for lookups must not wait for ever.
            _lookups.Writer.TryComplete();
            throw;
        }

        var following = FollowPodsAsync(version, cancel);
        try
        {
            for (var first = true; ; first = false)
            {
                try
                {
                    await ConnectAsync(cancel);
                }
                catch (ClusterException e) when (!first)
                {
                    Trouble(null, e.Message);
                }

                if (first)
                {
                    await Task.WhenAny(Task.WhenAll(_readers.Values.Select(reader => reader.Opened)), Task.Delay(s_patience, cancel));
                    started();
                }

                await _changed.WaitAsync(s_again, cancel);
            }
        }
        finally
        {
            foreach (var (node, _) in _readers.Where(reader => !reader.Value.HasBeenHeard && !reader.Value.HasEnded))
            {
                Trouble(node, "no answer in time");
            }

            await Task.WhenAll(_readers.Values.Select(reader => reader.EndAsync()).Append(following.ContinueWith(_ => { }, TaskScheduler.Default)));
            _lookups.Writer.TryComplete();
        }
    }

    public void Dispose() => _changed.Dispose();

    private async Task FollowPodsAsync(string version, CancellationToken cancel)
    {
        while (true)
        {
            await new Watch(api).FollowAsync(target.Pods, version, (kind, pod) =>
            {
                if (Pods.Note(kind, pod))
                {
                    _changed.Release();
                }
            }, cancel);
            version = await new ListReader(api).ReadAsync(target.Pods, ListReader.Whole, pod => Pods.Note("MODIFIED", pod), cancel);
        }
    }

    /// <summary>Connects to the nodes that are wanted now, and ends the connections to others.</summary>
    private async Task ConnectAsync(CancellationToken cancel)
    {
        var caches = await CachesAsync(cancel);
        var wanted = Pods.Wanted();
        if (target.Everybody)
        {
            wanted = caches.Keys.Where(node => target.Node is null || node == target.Node).ToDictionary(node => node, _ => new SortedSet<string>());
        }

        foreach (var node in wanted.Keys.Except(caches.Keys))
        {
            Trouble(node, "there is no running pod of the cache on it");
        }

        foreach (var (node, reader) in _readers.ToList())
        {
            var isRight = wanted.TryGetValue(node, out var clients) && caches.GetValueOrDefault(node) == reader.Pod && Words(clients).SequenceEqual(reader.Words);
            if (!isRight || reader.HasEnded)
            {
                await reader.EndAsync();
                _readers.Remove(node);
            }
        }

        foreach (var (node, clients) in wanted.Where(one => caches.ContainsKey(one.Key) && !_readers.ContainsKey(one.Key)))
        {
            _readers[node] = new Reader(this, node, caches[node], Words(clients), cancel);
        }
    }

    /// <summary>The cache's pod of each node; the one that is ready where there are two.</summary>
    private async Task<Dictionary<string, string>> CachesAsync(CancellationToken cancel)
    {
        var pods = new Dictionary<string, string>();
        await new ListReader(api).ReadAsync(ApiPath.Pods.In(release.Namespace).With(Release.CacheSelector), ListReader.Whole, pod =>
        {
            if (pod.Member("spec"u8).Text("nodeName"u8) is { } node && !ObjectView.IsLeaving(pod) && !ObjectView.IsDone(pod)
                && (ObjectView.IsReady(pod) || !pods.ContainsKey(node)))
            {
                pods[node] = ObjectView.Name(pod);
            }
        }, cancel);
        return pods;
    }

    private string[] Words(SortedSet<string> clients)
    {
        var text = string.Join(',', clients);
        return text.Length is 0 or > MostClientText ? [.. filter] : [.. filter, "--client", text];
    }

    /// <summary>Tells each problem once, with the first node that has it.</summary>
    private void Trouble(string? node, string problem)
    {
        lock (_saying)
        {
            IsIncomplete = true;
            if (_said.Add(problem))
            {
                say(node is null ? problem : $"node {node}: {problem}");
            }
        }
    }

    /// <summary>The connection to one node.</summary>
    private sealed class Reader
    {
        private readonly NodeTaps _taps;
        private readonly string _node;
        private readonly CancellationTokenSource _end;
        private readonly TaskCompletionSource _opened = new();
        private readonly Task _reading;

        public Reader(NodeTaps taps, string node, string pod, string[] words, CancellationToken cancel)
        {
            (_taps, _node, Pod, Words) = (taps, node, pod, words);
            _end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            _reading = ReadAsync();
        }

        public string Pod { get; }

        public string[] Words { get; }

        /// <summary>Completes when the node reads its tap, or will not.</summary>
        public Task Opened => _opened.Task;

        public bool HasBeenHeard { get; private set; }

        public bool HasEnded => _reading.IsCompleted;

        public async Task EndAsync()
        {
            await _end.CancelAsync();
            await _reading;
            _end.Dispose();
        }

        private async Task ReadAsync()
        {
            try
            {
                using var exec = await PodExec.OpenAsync(_taps.Api, _taps.Release.Namespace, Pod, "cache",
                    ["/node-dns-cache", "trace", "--json", "--until-eof", .. Words], _end.Token);
                while (await exec.ReadLineAsync(_end.Token) is { } line)
                {
                    HasBeenHeard = true;
                    _opened.TrySetResult();
                    var lookup = Lookup.Read(_node, line, out var missed);
                    if (missed > 0)
                    {
                        _taps.Trouble(_node, $"{missed} lookups came too fast to be shown: narrow it down with a filter");
                    }

                    if (lookup is not null && (_taps.Target.Everybody || _taps.Pods.Wants(lookup.Client)))
                    {
                        await _taps._lookups.Writer.WriteAsync(lookup, _end.Token);
                    }
                }

                if (exec.Failure() is { } failure)
                {
                    _taps.Trouble(_node, failure.Contains("--until-eof", StringComparison.Ordinal)
                        ? "its cache is of a version that cannot be traced from here: upgrade the release"
                        : failure);
                }
            }
            catch (ClusterException e)
            {
                _taps.Trouble(_node, e.Message);
            }
            catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
            {
                // It is not wanted any more.
            }
            finally
            {
                _opened.TrySetResult();
            }
        }
    }

    private ApiClient Api => api;

    private Release Release => release;

    private TraceTarget Target => target;
}
