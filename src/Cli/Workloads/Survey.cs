using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Workloads;

/// <summary>Reads the data of a report, in this order:
/// <code>
/// 1 the webhook's settings → 2 namespaces → 3 NetworkPolicies → 4 pods, each judged and counted → 5 who owns them → 6 nodes
/// </code></summary>
internal sealed class Survey
{
    private readonly ApiClient _api;
    private readonly ListReader _lists;

    private readonly ReleaseFinder _finder;

    private Survey(ApiClient api, Scope scope, ReleaseFinder? finder)
    {
        _api = api;
        _finder = finder ?? new ReleaseFinder(api);
        _lists = new ListReader(api);
        Scope = scope;
        Owners = new Owners(api);
    }

    public Scope Scope { get; }

    public Unknowns Unknown { get; } = new();

    /// <summary>Notes for the user. They do not make the answer incomplete.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>null when the user may not look for it.</summary>
    public Release? Release { get; private set; }

    public Deployed Deployed { get; private set; } = new(DeployedSettings.Default, false, null);

    public InjectionSettings Settings => Deployed.Settings;

    /// <summary>The namespaces that are not terminating.</summary>
    public Dictionary<string, NamespaceSettings> Namespaces { get; } = [];

    public Census Census { get; private set; } = null!;

    public Owners Owners { get; }

    public NodeSurvey Nodes { get; private set; } = new();

    /// <summary>The resourceVersion from which a watch of the pods continues.</summary>
    public string PodsVersion { get; private set; } = "";

    public string NamespacesVersion { get; private set; } = "";

    /// <summary>The states of the workloads with pods to move.</summary>
    public Dictionary<WorkloadKey, WorkloadState> States { get; } = [];

    /// <summary>The path for listing and watching the pods.</summary>
    public ApiPath Pods => Scope.Pods;

    /// <param name="api">The API server to read from.</param>
    /// <param name="scope">The pods that the survey is about.</param>
    /// <param name="asIf">Treat the namespace as labelled or not labelled; null to use its label.</param>
    /// <param name="withNodes">Also read the state of the nodes' caches.</param>
    /// <param name="withPages">Whether their pods are kept, to be asked for their pages.</param>
    /// <param name="finder">Finds the release, if not in the usual way.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <exception cref="ClusterException">Nothing could be read.</exception>
    public static async Task<Survey> TakeAsync(
        ApiClient api, Scope scope, CancellationToken cancel, bool? asIf = null, bool withNodes = true, bool withPages = false,
        ReleaseFinder? finder = null)
    {
        var survey = new Survey(api, scope, finder);
        await survey.SettingsAsync(cancel);
        await survey.NamespacesAsync(asIf, cancel);
        await survey.PodsAsync(cancel);
        await survey.StatesAsync(cancel);
        if (withNodes)
        {
            await survey.NodesAsync(withPages, cancel);
        }

        return survey;
    }

    /// <summary>The workloads of all pods that were read, sorted.</summary>
    public List<WorkloadRow> Rows()
    {
        var tops = new Dictionary<WorkloadKey, Tally>();
        foreach (var (owner, tally) in Census.Tallies)
        {
            if (tally.Pods == 0)
            {
                continue;
            }

            var top = Owners.Top(owner);
            if (!tops.TryGetValue(top, out var sum))
            {
                tops[top] = sum = new Tally();
            }

            sum.Add(tally);
        }

        return
        [
            .. tops.Select(one => new WorkloadRow(one.Key, one.Value, States.GetValueOrDefault(one.Key)))
                .OrderBy(row => row.Key.Namespace, StringComparer.Ordinal)
                .ThenBy(row => row.Key.Kind, StringComparer.Ordinal)
                .ThenBy(row => row.Key.Name, StringComparer.Ordinal),
        ];
    }

    public Tally Total()
    {
        var total = new Tally();
        foreach (var tally in Census.Tallies.Values)
        {
            total.Add(tally);
        }

        return total;
    }

    /// <summary>The counts of each namespace that has pods, sorted.</summary>
    public SortedDictionary<string, Tally> NamespaceTotals()
    {
        var totals = new SortedDictionary<string, Tally>(StringComparer.Ordinal);
        foreach (var (owner, tally) in Census.Tallies.Where(one => one.Value.Pods > 0))
        {
            if (!totals.TryGetValue(owner.Namespace, out var total))
            {
                totals[owner.Namespace] = total = new Tally();
            }

            total.Add(tally);
        }

        return totals;
    }

    /// <summary>The policies that keep pods from the cache, with the number of pods.</summary>
    public SortedDictionary<(string Namespace, string Name), int> BlockingPolicies()
    {
        var policies = new SortedDictionary<(string Namespace, string Name), int>();
        foreach (var (owner, tally) in Census.Tallies)
        {
            foreach (var (policy, pods) in tally.Blocked)
            {
                policies[(owner.Namespace, policy)] = policies.GetValueOrDefault((owner.Namespace, policy)) + pods;
            }
        }

        return policies;
    }

    /// <summary>True when there is something to do.</summary>
    public bool HasFindings => Total() is var total
        && (total.Pending > 0 || total.Returning > 0 || total.Blocked.Count > 0 || Nodes.Troubles.Count > 0);

    private async Task SettingsAsync(CancellationToken cancel)
    {
        try
        {
            Release = await _finder.FindAsync(cancel);
        }
        catch (ClusterException e) when (e.IsForbidden)
        {
            Unknown.Add("the webhook's settings, for which the chart's defaults are taken", e);
            return;
        }

        await Unknown.TryAsync("by which settings pods are decided, for which the chart's defaults are taken", async () =>
            Deployed = await new DeployedSettings(_api).ReadAsync(Release, cancel));
        if (Deployed.Note is { } note)
        {
            Notes.Add(note);
        }
    }

    private async Task NamespacesAsync(bool? asIf, CancellationToken cancel)
    {
        if (Scope.Namespace is null)
        {
            NamespacesVersion = await _lists.ReadAsync(
                ApiPath.Namespaces, ListReader.MetadataOnly, item => Add(item, null), cancel);
            return;
        }

        try
        {
            using var one = await _api.FindAsync(ApiPath.Namespaces.Named(Scope.Namespace), cancel)
                ?? throw new ClusterException($"namespace {Scope.Namespace}: there is no such namespace");
            NamespacesVersion = one.RootElement.Member("metadata"u8).Text("resourceVersion"u8) ?? "";
            Add(one.RootElement, asIf);
        }
        catch (ClusterException e) when (e.IsForbidden)
        {
            Unknown.Add($"what namespace {Scope.Namespace} is labelled", e);
            Namespaces[Scope.Namespace] = NamespaceSettings.Unknown;
        }

        void Add(JsonElement item, bool? asIf)
        {
            if (!ObjectView.IsLeaving(item))
            {
                Namespaces[ObjectView.Name(item)] = NamespaceLabel.Read(item, asIf, Deployed);
            }
            else
            {
                Notes.Add($"namespace {ObjectView.Name(item)} is terminating: its pods are not counted");
            }
        }
    }

    private async Task PodsAsync(CancellationToken cancel)
    {
        var policies = new PolicyBook(Settings.Dns.LocalAddresses);
        await Unknown.TryAsync("NetworkPolicies that block the cache", () =>
            _lists.ReadAsync(ApiPath.NetworkPolicies.In(Scope.Namespace), ListReader.Whole, policies.Add, cancel));
        Census = new Census(new PodJudge(Settings), Namespaces, policies) { Alone = new LonePods(Settings.Dns.LocalAddresses) };
        PodsVersion = await _lists.ReadAsync(Pods, ListReader.Whole, pod => Census.See(pod), cancel);
        var kinds = Census.Tallies.Keys.Select(key => key.Kind).ToHashSet();
        await Owners.ReadAsync(Scope.Namespace, kinds, Unknown, cancel);
    }

    private async Task StatesAsync(CancellationToken cancel)
    {
        var waiting = Rows().Where(row => row.Next.Length > 0).Select(row => row.Key).ToHashSet();
        foreach (var (kind, path) in Mover.ToRead(waiting))
        {
            await Unknown.TryAsync($"which {path.Resource} are paused", () =>
                _lists.ReadAsync(path.In(Scope.Namespace), ListReader.Whole, item => Keep(kind, path, item), cancel));
        }

        void Keep(string kind, ApiPath path, JsonElement item)
        {
            var key = new WorkloadKey(ObjectView.Namespace(item), kind, path.Group, ObjectView.Name(item));
            if (waiting.Contains(key))
            {
                States[key] = WorkloadState.Read(kind, item);
            }
        }
    }

    private async Task NodesAsync(bool keep, CancellationToken cancel)
    {
        if (Release is not { Cache.IsObject: true } release)
        {
            return;
        }

        await Unknown.TryAsync("nodes whose cache is not ready", async () =>
            Nodes = await NodeSurvey.TakeAsync(_api, release, cancel, keep));
    }
}
