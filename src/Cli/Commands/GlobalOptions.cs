using System.CommandLine;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Commands;

/// <summary>kubectl's own flags, which every command has.</summary>
internal sealed class GlobalOptions
{
    private readonly Option<string> _kubeconfig = Text("--kubeconfig", "FILE", "Kubeconfig file; otherwise KUBECONFIG, then ~/.kube/config");
    private readonly Option<string> _context = Text("--context", "NAME", "Context of the kubeconfig");
    private readonly Option<string> _cluster = Text("--cluster", "NAME", "Cluster of the kubeconfig");
    private readonly Option<string> _user = Text("--user", "NAME", "User of the kubeconfig");
    private readonly Option<string> _as = Text("--as", "NAME", "Whom to impersonate");
    private readonly Option<string> _timeout = Text("--request-timeout", "TIME", "How long one request may take, such as 10s or 2m; 0, the default, is no limit");

    public Option<string> Namespace { get; } = Text("--namespace", "NAME", "Namespace; otherwise the context's", "-n");

    public Option<bool> AllNamespaces { get; } = new("--all-namespaces", "-A") { Description = "All namespaces" };

    public Option<string> Selector { get; } = Text("--selector", "LABELS", "Pods with these labels, as kubectl selects: app=web,tier!=test", "-l");

    public IEnumerable<Option> Cluster => [_kubeconfig, _context, _cluster, _user, _as, _timeout];

    public static Option<string> Text(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = value };

    public ClusterFlags Flags(ParseResult parse) => new()
    {
        Kubeconfig = parse.GetValue(_kubeconfig),
        Context = parse.GetValue(_context),
        Cluster = parse.GetValue(_cluster),
        User = parse.GetValue(_user),
        As = parse.GetValue(_as),
        RequestTimeout = parse.GetValue(_timeout) is { } text ? FlagTime.Parse(_timeout.Name, text) : TimeSpan.Zero,
    };

    /// <exception cref="UsageException">Both -n and -A were given.</exception>
    public Scope Scope(ParseResult parse, Connection connection)
    {
        var all = parse.GetValue(AllNamespaces);
        var named = parse.GetValue(Namespace);
        if (all && named is not null)
        {
            throw new UsageException($"--all-namespaces and --namespace {named}: give one of them");
        }

        return new Scope(all ? null : named ?? connection.Namespace ?? "default", parse.GetValue(Selector) ?? "");
    }
}
