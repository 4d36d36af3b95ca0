using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests.Policy;

/// <summary>Policies on the real API server, side by side: each is in force for the requests of one user, by a match condition, so
/// that a pod can be posted under any values without waiting.</summary>
public sealed class Policies(ApiServer server) : IDisposable
{
    private const string Nobody = "nobody-has-a-policy";

    /// <summary>Of all test classes: an object of one class must not pass for another's of the same name.</summary>
    private static int s_installed;

    private readonly Dictionary<string, string> _users = [];
    private readonly HashSet<string> _namespaces = [];
    private readonly HttpClient _client = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true })
    {
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", "admin") },
    };

    /// <summary>Starts the API server where it can be had; the namespaces are opted in.</summary>
    public void Require(params string[] namespaces)
    {
        server.Require();
        foreach (var name in namespaces.Append("in-force").Where(_namespaces.Add))
        {
            server.KubectlWith($$$"""{apiVersion: v1, kind: Namespace, metadata: {name: {{{name}}}, labels: {nodedns.io/inject: enabled} } }""", "apply", "-f", "-");
        }
    }

    /// <summary>Installs what is not there yet, all at once, and waits until all of it is in force.</summary>
    public void Install(IEnumerable<string[]> values)
    {
        var fresh = values.DistinctBy(Key).Where(one => !_users.ContainsKey(Key(one))).ToList();
        var objects = new StringBuilder();
        foreach (var one in fresh)
        {
            var user = $"policy-{Interlocked.Increment(ref s_installed)}";
            _users.Add(Key(one), user);
            foreach (var o in Of(user, one).Objects.Where(o => o.Text("metadata.labels.app\\.kubernetes\\.io/component") == "policy"))
            {
                objects.AppendLine("---").AppendLine(o.ToJsonString());
            }
        }

        if (fresh.Count == 0)
        {
            return;
        }

        server.Namespace("node-dns");
        var run = server.KubectlWith(objects.ToString(), "apply", "--validate=strict", "-f", "-");
        Assert.True(run.ExitCode == 0 && run.Error.Length == 0, run.Error);
        // A pod that asks by its own label, so that no share leaves it out.
        var pod = Pod("in-force", "probe");
        pod["metadata"]!["labels"] = new JsonObject { ["nodedns.io/inject"] = "enabled" };
        foreach (var one in fresh)
        {
            ApiServer.Until(() => (string?)Create(one, pod).Object["spec"]?["dnsPolicy"] == "None", $"{string.Join(' ', one)}: no policy in force");
        }
    }

    /// <summary>What the API server makes of a pod under a policy, without keeping it: the pod, or a Status that says why not.</summary>
    internal (JsonNode Object, string Warnings) Create(string[] values, JsonNode pod) => CreateAs(_users[Key(values)], pod);

    /// <summary>The same with no policy in force.</summary>
    internal (JsonNode Object, string Warnings) CreateWithout(JsonNode pod) => CreateAs(Nobody, pod);

    /// <summary>Evaluations that ended in an error so far, which failurePolicy Ignore says nobody.</summary>
    internal string[] Errors() => [.. _client.GetStringAsync($"https://{server.Address}/metrics").Result.Split('\n').Where(line =>
        line.StartsWith("apiserver_mutating_admission_policy_check_total{", StringComparison.Ordinal)
        && line.Contains("policy=\"policy-", StringComparison.Ordinal)
        && !line.Contains("error_type=\"no_error\"", StringComparison.Ordinal))];

    internal static JsonObject Pod(string ns, string name) => (JsonObject)JsonNode.Parse($$$"""
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "{{{name}}}", "namespace": "{{{ns}}}"}, "spec": {"containers": [{"name": "one", "image": "one"}]}}
        """)!;

    public void Dispose() => _client.Dispose();

    private static Rendered Of(string user, string[] values) => Rendered.With(["--set", $"engine=policy,fullnameOverride={user}",
        "--set-json", $$$"""selection.extraMatchConditions=[{"name": "user", "expression": "request.userInfo.username == '{{{user}}}'"}]""", .. values]);

    private static string Key(string[] values) => string.Join(' ', values);

    private (JsonNode Object, string Warnings) CreateAs(string user, JsonNode pod)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            $"https://{server.Address}/api/v1/namespaces/{pod["metadata"]!["namespace"]}/pods?dryRun=All&fieldValidation=Ignore")
        {
            Content = new StringContent(pod.ToJsonString(), Encoding.UTF8, "application/json"),
            Headers = { { "Impersonate-User", user }, { "Impersonate-Group", "system:masters" } },
        };
        using var answer = _client.Send(request);
        using var body = new StreamReader(answer.Content.ReadAsStream());
        return (JsonNode.Parse(body.ReadToEnd())!, string.Join('\n', answer.Headers.TryGetValues("Warning", out var warnings) ? warnings : []));
    }
}
