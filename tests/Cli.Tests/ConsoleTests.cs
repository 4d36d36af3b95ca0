using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary><c>console</c> as a program, seen by HTTP. tests/Cli.Tests/ConsolePageTests.cs sees it by a browser.</summary>
public sealed partial class ConsoleTests : IDisposable
{
    private readonly ControlPlane _cluster;
    private readonly ConsoleScene _scene;
    private readonly ConsoleRun _console;

    public ConsoleTests(ControlPlane cluster)
    {
        (_cluster, _scene) = (cluster, new ConsoleScene(cluster));
        _console = new ConsoleRun(cluster, "-n", ConsoleScene.Ns);
    }

    public void Dispose()
    {
        _console.Dispose();
        _scene.Dispose();
    }

    [Fact]
    public async Task Without_the_token_there_is_nothing()
    {
        Assert.Equal(HttpStatusCode.OK, (await _console.Http.GetAsync("")).StatusCode);
        Assert.Equal(43, _console.Token.Length);
        var wrong = (_console.Token[0] == 'A' ? "B" : "A") + _console.Token[1..];
        foreach (var path in new[] { "/", "/api/report", "/console.js", $"/{wrong}/", $"/{wrong}/api/report", $"/{_console.Token}", $"/{_console.Token[..42]}/", $"/x/{_console.Token}/", $"/?token={_console.Token}" })
        {
            using var answer = await _console.Http.GetAsync(new Uri(_console.Address, path));
            Assert.Equal((path, HttpStatusCode.NotFound), (path, answer.StatusCode));
            Assert.DoesNotContain(_console.Token, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var second = new ConsoleRun(_cluster);
        Assert.NotEqual(_console.Token, second.Token);
    }

    [Theory]
    [InlineData("Host", "rebound.example", HttpStatusCode.Forbidden)]
    [InlineData("Host", "rebound.example:PORT", HttpStatusCode.Forbidden)]
    [InlineData("Host", "127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("Host", "localhost:PORT", HttpStatusCode.OK)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.OK)]
    public async Task Another_host_or_another_page_is_refused_though_it_has_the_token(string header, string value, HttpStatusCode expected)
    {
        foreach (var path in new[] { "", "api/about" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_console.Address, path));
            request.Headers.TryAddWithoutValidation(header, value.Replace("PORT", $"{_console.Address.Port}", StringComparison.Ordinal));
            using var answer = await _console.Http.SendAsync(request);
            Assert.Equal(expected, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Nothing_can_be_changed_and_every_answer_has_the_policy()
    {
        using var posted = await _console.Http.PostAsync("api/report", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
        foreach (var path in new[] { "", "console.js", "plots.js", "console.css", "icon.svg", "api/about", "no-such-page", "/" })
        {
            using var answer = await _console.Http.GetAsync(new Uri(_console.Address, path));
            Assert.Equal(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
                answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
            Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(path == "api/about" || !Outside().IsMatch(text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal)), $"{path} is not all from here");
        }
    }

    [Fact]
    public void It_listens_on_loopback_and_nowhere_else()
    {
        var port = $":{_console.Address.Port:X4}";
        var listens = new[] { "tcp", "tcp6" }.SelectMany(table => File.ReadLines("/proc/net/" + table).Skip(1))
            .Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(row => row[3] == "0A" && row[1].EndsWith(port, StringComparison.Ordinal)).Select(row => row[1]);
        Assert.Equal(["0100007F" + port], listens);
    }

    [Fact]
    public void A_port_that_is_taken_is_one_sentence()
    {
        var run = Plugin.Run(_cluster, "console", "--port", $"{_console.Address.Port}");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"127.0.0.1:{_console.Address.Port}", Assert.Single(run.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_move_is_what_report_says()
    {
        using var page = JsonDocument.Parse(await _console.Http.GetStringAsync("api/report"));
        using var report = JsonDocument.Parse(Plugin.Run(_cluster, "report", "-n", ConsoleScene.Ns, "-o", "json").Output);
        Assert.True(JsonElement.DeepEquals(report.RootElement, page.RootElement), page.RootElement.GetRawText());
        var ns = page.RootElement.GetProperty("namespaces")[0];
        Assert.Equal((3, 1, 1, "kubectl nodedns rollout -n seen"), (ns.GetProperty("pods").GetInt32(), ns.GetProperty("onCache").GetInt32(),
            ns.GetProperty("pending").GetInt32(), ns.GetProperty("next").GetString()));
        Assert.StartsWith("kubectl nodedns report --policy seen/closed -o yaml | kubectl patch", page.RootElement.GetProperty("policies")[0].GetProperty("next").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_show_what_cache_and_guard_count()
    {
        using var page = JsonDocument.Parse(await _console.Http.GetStringAsync("api/nodes?node=seen-node"));
        var node = page.RootElement.GetProperty("nodes").EnumerateArray().Single(node => node.GetProperty("name").GetString() == "seen-node");
        Assert.Equal((12, 0.8, false), (node.GetProperty("relayed").GetInt32(), node.GetProperty("relayingSeconds").GetDouble(), node.GetProperty("relaying").GetBoolean()));
        var cache = node.GetProperty("cache");
        Assert.InRange(cache.GetProperty("hits").GetDouble() / cache.GetProperty("queries").GetDouble(), 0.899, 0.901);
        Assert.Equal(4, cache.GetProperty("latency").GetProperty("upTo").EnumerateObject().Count());
        Assert.Equal(["10.96.0.10:53", "9.9.9.9:853"], cache.GetProperty("upstreams").EnumerateArray().Select(one => one.GetProperty("to").GetString()));
    }

    [Fact]
    public async Task Top_names_the_pod()
    {
        using var page = JsonDocument.Parse(await _console.Http.GetStringAsync("api/top?for=1s&node=seen-node"));
        var first = page.RootElement.GetProperty("clients")[0];
        Assert.Equal("seen/loud", first.GetProperty("pod").GetString());
        Assert.True(first.GetProperty("nxdomain").GetDouble() > 0);
    }

    [Fact]
    public async Task Lookups_come_as_events_and_the_node_is_left_when_the_page_is()
    {
        using (var stream = await _console.Http.GetStreamAsync("api/trace?node=seen-node"))
        {
            using var reader = new StreamReader(stream);
            using var lookup = JsonDocument.Parse(await EventAsync(reader, "lookup"));
            Assert.Equal(("seen", "loud", "seen-node", "no-such-service.seen.svc.cluster.local."),
                (lookup.RootElement.GetProperty("namespace").GetString(), lookup.RootElement.GetProperty("pod").GetString(),
                    lookup.RootElement.GetProperty("node").GetString(), lookup.RootElement.GetProperty("name").GetString()));
            Assert.Equal(1, _scene.Kubelet.Running);
        }

        ControlPlane.Until(() => _scene.Kubelet.Running == 0, "the node is still read");
    }

    [Fact]
    public async Task Ctrl_C_leaves_every_node()
    {
        using var stream = await _console.Http.GetStreamAsync("api/trace?node=seen-node");
        using var reader = new StreamReader(stream);
        await EventAsync(reader, "lookup");
        Assert.Equal(0, _console.Interrupt());
        ControlPlane.Until(() => _scene.Kubelet.Running == 0, "the node is still read");
    }

    [Fact]
    public async Task A_cache_that_is_too_old_or_a_wrong_filter_is_a_sentence()
    {
        _scene.Kubelet.Program(ConsoleScene.Cache, [], "trace: unknown flag --until-eof");
        using (var reader = new StreamReader(await _console.Http.GetStreamAsync("api/trace?node=seen-node")))
        {
            Assert.Contains("seen-node: its cache is of a version that cannot be traced from here", await EventAsync(reader, "trouble"), StringComparison.Ordinal);
        }

        using var gone = await _console.Http.GetAsync(new Uri("api/trace?pod=gone", UriKind.Relative));
        Assert.Equal((HttpStatusCode.BadGateway, "there is no pod gone in namespace seen"), (gone.StatusCode, await ErrorAsync(gone)));
        using var period = await _console.Http.GetAsync(new Uri("api/top?for=x", UriKind.Relative));
        Assert.Equal(HttpStatusCode.BadRequest, period.StatusCode);
    }

    [Fact]
    public async Task Who_may_nothing_sees_which_right_is_missing_in_every_part()
    {
        var kubeconfig = Path.Combine(_cluster.Folder, "kubeconfig-of-console");
        await File.WriteAllTextAsync(kubeconfig, _cluster.KubeconfigFor("limited"));
        using var console = new ConsoleRun(kubeconfig, []);
        Assert.Equal(HttpStatusCode.OK, (await console.Http.GetAsync("")).StatusCode);
        foreach (var part in new[] { "report", "nodes", "top", "trace" })
        {
            using var answer = await console.Http.GetAsync(new Uri("api/" + part, UriKind.Relative));
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
            Assert.Contains("not allowed to list ", await ErrorAsync(answer), StringComparison.Ordinal);
        }
    }

    /// <summary>Who may see the release and not the pods would otherwise wait for ever.</summary>
    [Fact]
    public async Task A_trace_of_pods_that_may_not_be_listed_ends_with_the_right_that_is_missing()
    {
        _cluster.Apply("""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: release-only, namespace: node-dns}
            rules: [{apiGroups: [apps], resources: [deployments, daemonsets], verbs: [list]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: release-only, namespace: node-dns}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: release-only}
            subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: limited}]
            """);
        try
        {
            var kubeconfig = Path.Combine(_cluster.Folder, "kubeconfig-of-release-only");
            await File.WriteAllTextAsync(kubeconfig, _cluster.KubeconfigFor("limited"));
            using var console = new ConsoleRun(kubeconfig, []);
            using var answer = await console.Http.GetAsync(new Uri("api/trace", UriKind.Relative));
            Assert.Contains("not allowed to list pods in the whole cluster", await ErrorAsync(answer), StringComparison.Ordinal);
        }
        finally
        {
            _cluster.Do("delete", "rolebinding", "-n", "node-dns", "release-only");
        }
    }

    private static async Task<string> EventAsync(StreamReader reader, string kind)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line == "event: " + kind)
            {
                return (await reader.ReadLineAsync())!["data: ".Length..];
            }
        }

        throw new InvalidOperationException($"the stream ended without an event {kind}");
    }

    private static async Task<string> ErrorAsync(HttpResponseMessage answer)
    {
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return body.RootElement.GetProperty("error").GetString()!;
    }

    [GeneratedRegex(@"https?:|//[a-z]+\.|<script>|<style| style=| on[a-z]+=")]
    private static partial Regex Outside();
}
