using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Continuity;

/// <summary>Pods that ask without a pause, over UDP and over TCP.</summary>
internal sealed class Askers : IDisposable
{
    /// <summary>No pod of a Deployment, and so it is left alone where a node is drained of the others.</summary>
    public const string Label = "asker";

    private const string Ns = Installation.Labelled;

    private readonly string _name;
    private readonly List<Asker> _all = [];

    /// <param name="nodes">One pod on each of these, which share the rate of 1,000 lookups a second over UDP and 100 over TCP; null
    /// for one pod, wherever it is put.</param>
    /// <param name="fresh">As <see cref="Asker"/>'s name, asked for over UDP alone; null for the usual names.</param>
    /// <param name="perSecond">Over UDP.</param>
    public Askers(
        string name, string udpServers, string tcpServers, string[]? nodes = null, string? fresh = null, int perSecond = 1000)
    {
        _name = name;
        foreach (var node in nodes ?? [null!])
        {
            var pod = node is null ? "asker-" + name : $"asker-{name}-{node}";
            var manifest = Pods.Sleeping(Ns, pod).Labelled(Label, name);
            Pods.Start(node is null ? manifest : manifest.On(node));
            PodNames.Add(pod);
        }

        var share = PodNames.Count;
        foreach (var pod in PodNames)
        {
            _all.Add(new Asker(Ns, pod, udpServers, "udp", perSecond / share, fresh));
            if (fresh is null)
            {
                _all.Add(new Asker(Ns, pod, tcpServers, "tcp", 100 / share));
            }
        }
    }

    public List<string> PodNames { get; } = [];

    /// <summary>Where the only pod is.</summary>
    public string Node => Pods.NodeOf(Ns, Assert.Single(PodNames));

    /// <summary>Ends the asking.</summary>
    public void AssertNoneLost(ITestOutputHelper output)
    {
        Lookups[] all = [.. _all.Select(asker => asker.Stop())];
        Assert.All(all, lookups =>
        {
            output.WriteLine($"{_name}, {lookups}");
            Console.WriteLine($"    {_name}, {lookups}");
        });
        Assert.All(all, lookups => Assert.True(lookups.Lost == 0, lookups.ToString()));
    }

    public void Dispose() => _all.ForEach(asker => asker.Dispose());
}
