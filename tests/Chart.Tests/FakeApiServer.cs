using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>As much of an API server as <c>helm install --dry-run=server</c> asks for: which kinds there are, and objects.
/// </summary>
internal sealed class FakeApiServer : IDisposable
{
    private static readonly Dictionary<string, string[]> Kinds = new()
    {
        ["v1"] = ["Service", "ServiceAccount", "ConfigMap", "Secret", "Pod", "Namespace", "ResourceQuota"],
        ["apps/v1"] = ["Deployment", "DaemonSet"],
        ["batch/v1"] = ["Job"],
        ["policy/v1"] = ["PodDisruptionBudget"],
        ["networking.k8s.io/v1"] = ["NetworkPolicy"],
        ["rbac.authorization.k8s.io/v1"] = ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        ["admissionregistration.k8s.io/v1"] = ["MutatingWebhookConfiguration"],
        ["cert-manager.io/v1"] = ["Certificate", "Issuer"],
    };

    private static readonly string[] ClusterWide =
        ["Namespace", "ClusterRole", "ClusterRoleBinding", "MutatingWebhookConfiguration"];

    private readonly HttpListener _listener = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("fake-api-server").FullName;
    private readonly Task _answering;

    public FakeApiServer()
    {
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Url = $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}";
        }

        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _answering = AnswerAsync();
        File.WriteAllText(Kubeconfig, $$$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: fake, cluster: {server: "{{{Url}}}"}}]
            contexts: [{name: fake, context: {cluster: fake, user: fake}}]
            users: [{name: fake, user: {}}]
            current-context: fake
            """);
    }

    /// <summary>Objects by path, such as /api/v1/namespaces/NS/services/NAME; a folder's path is a list.</summary>
    public Dictionary<string, JsonObject> Objects { get; } = [];

    /// <summary>Kinds that the cluster does not have.</summary>
    public HashSet<string> Missing { get; } = [];

    /// <summary>Paths that begin so are forbidden to the account.</summary>
    public string Forbidden { get; set; } = "/nowhere";

    private string Url { get; }

    private string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    /// <summary>helm install --dry-run=server, as release nd in namespace node-dns.</summary>
    public Tool Install(params string[] arguments) => Tool.Run("env", ["KUBECACHEDIR=" + _folder, Rendered.HelmProgram,
        "install", "nd", Tool.ChartFolder, "--namespace", "node-dns", "--dry-run=server", "--disable-openapi-validation",
        "--kubeconfig", Kubeconfig, .. arguments]);

    public void Dispose()
    {
        _listener.Close();
        _answering.GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AnswerAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var (status, body) = Answer(context.Request.Url!.AbsolutePath);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            context.Response.Close(Encoding.UTF8.GetBytes(body.ToJsonString()), willBlock: false);
        }
    }

    private (int Status, JsonObject Body) Answer(string path)
    {
        if (path == "/version")
        {
            return (200, new JsonObject { ["major"] = "1", ["minor"] = "36", ["gitVersion"] = "v1.36.3" });
        }

        if (path == "/api")
        {
            return (200, new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") });
        }

        if (path == "/apis")
        {
            return (200, new JsonObject { ["kind"] = "APIGroupList", ["groups"] = new JsonArray([.. Kinds.Keys.Where(v => v != "v1").Select(Group)]) });
        }

        var version = path[(path.IndexOf('/', 1) + 1)..];
        if (Kinds.TryGetValue(version, out var kinds))
        {
            return (200, Resources(version, kinds.Where(kind => !Missing.Contains(kind))));
        }

        if (path.StartsWith(Forbidden, StringComparison.Ordinal))
        {
            return (403, Status(403, "Forbidden", $"{path} is forbidden: the account may not read it"));
        }

        if (Objects.TryGetValue(path, out var found))
        {
            return (200, (JsonObject)found.DeepClone());
        }

        if (path.EndsWith("/secrets", StringComparison.Ordinal))
        {
            return (200, new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "SecretList",
                ["metadata"] = new JsonObject(),
                ["items"] = new JsonArray([.. Objects.Where(pair => pair.Key.StartsWith(path + "/", StringComparison.Ordinal)).Select(pair => pair.Value.DeepClone())]),
            });
        }

        return (404, Status(404, "NotFound", $"{path} not found"));
    }

    private static JsonNode Group(string version)
    {
        var parts = version.Split('/');
        var preferred = new JsonObject { ["groupVersion"] = version, ["version"] = parts[1] };
        return new JsonObject
        {
            ["name"] = parts[0],
            ["versions"] = new JsonArray(preferred.DeepClone()),
            ["preferredVersion"] = preferred,
        };
    }

    private static JsonObject Resources(string version, IEnumerable<string> kinds) => new()
    {
        ["kind"] = "APIResourceList",
        ["apiVersion"] = "v1",
        ["groupVersion"] = version,
        ["resources"] = new JsonArray([.. kinds.Select(kind => (JsonNode)new JsonObject
        {
            ["name"] = kind.ToLowerInvariant() + (kind.EndsWith('y') ? "" : "s"),
            ["singularName"] = kind.ToLowerInvariant(),
            ["kind"] = kind,
            ["namespaced"] = !ClusterWide.Contains(kind),
            ["verbs"] = new JsonArray("get", "list", "create"),
        })]),
    };

    private static JsonObject Status(int code, string reason, string message) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["status"] = "Failure",
        ["reason"] = reason,
        ["message"] = message,
        ["code"] = code,
    };
}
