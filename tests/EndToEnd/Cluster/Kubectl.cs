using System.Text.Json.Nodes;

namespace NodeDns.EndToEnd.Cluster;

/// <summary>kubectl and helm against the cluster that KUBECONFIG names.</summary>
internal static class Kubectl
{
    private static readonly Lazy<string> s_program = new(() => Path("kubectl"));
    private static readonly Lazy<string> s_helmProgram = new(() => Path("helm"));

    public static string Program => s_program.Value;

    public static string HelmProgram => s_helmProgram.Value;

    /// <summary>Runs kubectl; a failure fails the test with what kubectl said.</summary>
    public static string Run(params string[] arguments) => Succeeded(Try(arguments), arguments);

    public static Tool Try(params string[] arguments) => Tool.Run(s_program.Value, arguments);

    /// <summary>kubectl apply of a manifest, YAML or JSON. Warnings of admission are in <see cref="Tool.Error"/>.</summary>
    public static Tool Apply(string manifest, params string[] arguments)
    {
        string[] all = ["apply", "-f", "-", .. arguments];
        var run = Tool.RunWith(manifest, s_program.Value, all);
        Succeeded(run, all);
        return run;
    }

    public static JsonNode Json(params string[] arguments) =>
        JsonNode.Parse(Run([.. arguments, "-o", "json"])) ?? throw new InvalidOperationException("kubectl printed null");

    /// <summary>What the API server would make of an object, admission included, without keeping it.</summary>
    public static (JsonNode Object, string Warnings) DryRun(string manifest, string ns)
    {
        string[] all = ["create", "--dry-run=server", "-n", ns, "-o", "json", "-f", "-"];
        var run = Tool.RunWith(manifest, s_program.Value, all);
        return (JsonNode.Parse(Succeeded(run, all))!, run.Error);
    }

    /// <summary>Runs a command in a pod's container.</summary>
    public static string Exec(string ns, string pod, params string[] command) => Run(["exec", "-n", ns, pod, "--", .. command]);

    public static System.Diagnostics.Process StartExec(string ns, string pod, params string[] command) =>
        Tool.Start(s_program.Value, ["exec", "-i", "-n", ns, pod, "--", .. command]);

    public static string Helm(params string[] arguments) => Succeeded(Tool.Run(s_helmProgram.Value, arguments), arguments);

    public static Tool TryHelm(params string[] arguments) => Tool.Run(s_helmProgram.Value, arguments);

    public static void WaitReady(string ns, params string[] what) =>
        Run(["wait", "-n", ns, "--for=condition=Ready", "--timeout=180s", .. what]);

    /// <summary>Makes a namespace with labels such as "nodedns.io/inject=enabled", anew.</summary>
    public static void Namespace(string name, params string[] labels)
    {
        Run("delete", "namespace", name, "--ignore-not-found", "--wait=true", "--timeout=180s");
        Run("create", "namespace", name);
        if (labels.Length > 0)
        {
            Run(["label", "namespace", name, .. labels]);
        }

        // A pod is refused until the namespace has its default service account.
        Run("wait", "-n", name, "--for=create", "serviceaccount/default", "--timeout=180s");
    }

    private static string Succeeded(Tool run, string[] arguments)
    {
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', arguments)}\n{run.Output}{run.Error}");
        return run.Output;
    }

    private static string Path(string name) =>
        Tool.Find(name) is { Path: { } path } ? path : throw new InvalidOperationException(Tool.Find(name).Reason);
}
