using NodeDns.Addresses;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Commands;

/// <summary><c>undo --check</c>: says which pods would lose DNS if the release went now. The chart runs it before an
/// uninstall.</summary>
internal sealed class UndoCheck(Session session, Scope scope)
{
    private const int Listed = 50;

    private const string WayOut =
        """
        Take the label nodedns.io/inject away and let these pods be made anew (kubectl nodedns undo -A, or kubectl rollout restart); then uninstall.
        """;

    private const string Stopped =
        """
        A helm uninstall that ends here has deleted nothing. To go on with the release: helm rollback RELEASE REVISION, with the last
        revision of helm history; Helm calls it uninstalling until then. To uninstall all the same: uninstall.force=true by helm upgrade
        --reuse-values after that, or helm uninstall --no-hooks.
        """;

    /// <summary>The addresses of the node cache, separated by commas; null to read them from the release.</summary>
    public string? LocalAddresses { get; init; }

    /// <summary>The resolv.conf of a pod that nobody has changed, which shows what kubelet gives to all; null not to look.</summary>
    public string? ResolvConfFile { get; init; }

    /// <returns>An exit code.</returns>
    public async Task<int> RunAsync()
    {
        var local = await LocalAsync();
        if (KubeletsOwn(local) is { } kubelets)
        {
            session.Screen.Out.WriteLine(
                $"kubelet gives every pod the node cache alone ({kubelets}): change clusterDNS in the kubelets' configuration, restart them and let pods be made anew; then uninstall.\n{Stopped}");
            return ExitCode.Findings;
        }

        var lone = new LonePods(local);
        await new ListReader(session.Api).ReadAsync(scope.Pods, ListReader.Whole, lone.See, session.Cancel);
        if (lone.Names.Count == 0)
        {
            session.Screen.Out.WriteLine($"No pod of {scope} depends on {string.Join(", ", local)} alone.");
            return ExitCode.Nothing;
        }

        session.Screen.Out.WriteLine(
            $"{lone.Names.Count} {(lone.Names.Count == 1 ? "pod has" : "pods have")} the node cache ({string.Join(", ", local)}) as the only nameserver, and would lose DNS:");
        Write(session, lone);
        session.Screen.Out.WriteLine($"{WayOut}\n{Stopped}");
        return ExitCode.Findings;
    }

    /// <summary>Lists pods, at most 50 of them.</summary>
    public static void Write(Session session, LonePods lone)
    {
        foreach (var name in lone.Names.Take(Listed))
        {
            session.Screen.Out.WriteLine($"  {name}");
        }

        if (lone.Names.Count > Listed)
        {
            session.Screen.Out.WriteLine($"  and {lone.Names.Count - Listed} more");
        }
    }

    private async Task<AddressList> LocalAsync()
    {
        if (LocalAddresses is not { } given)
        {
            var release = await new ReleaseFinder(session.Api).FindAsync(session.Cancel);
            return (await new DeployedSettings(session.Api).ReadAsync(release, session.Cancel)).Settings.Dns.LocalAddresses;
        }

        var texts = given.Split(',');
        return texts.All(text => AddressText.TryAddress(text, out _))
            ? [.. texts]
            : throw new UsageException($"--local-address {given}: expected addresses separated by commas, such as 169.254.20.10");
    }

    /// <returns>The nameservers that kubelet gives to pods, when the node cache's are all of them; otherwise null.</returns>
    private string? KubeletsOwn(AddressList local)
    {
        if (ResolvConfFile is not { } file)
        {
            return null;
        }

        try
        {
            var servers = ResolvConf.Parse(File.ReadAllText(file)).Nameservers.Select(server => server.ToString()).ToArray();
            return servers.Length > 0 && servers.All(local.Contains) ? string.Join(", ", servers) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--resolv-conf {file}: {e.Message}");
        }
    }
}
