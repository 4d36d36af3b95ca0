using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Namespaces;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Namespaces;

public sealed class NamespaceWatchTests : IAsyncLifetime
{
    private ListWatchServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ListWatchServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Labels_and_annotations_of_the_list_are_known()
    {
        _server.Set("web", "disabled", ("ndots", "3"), ("percent", "25"));
        await using var watch = Watch();
        await Until.TrueAsync(() => watch.IsKnown);

        var settings = watch.Get("web");
        Assert.False(settings.Inject);
        Assert.Equal(25, settings.Annotations.Percent);
        Assert.Equal("ndots:3", Assert.Single(settings.Annotations.Options).ToString());
        Assert.Same(NamespaceSettings.Unknown, watch.Get("other"));
    }

    [Fact]
    public async Task Long_lists_come_in_pages()
    {
        _server.PageSize = 3;
        for (var i = 0; i < 10; i++)
        {
            _server.Set($"team-{i}");
        }

        await using var watch = Watch();
        await Until.TrueAsync(() => watch.IsKnown);
        Assert.Equal(10, watch.Count);
    }

    [Fact]
    public async Task Ten_thousand_namespaces_that_say_nothing_share_what_is_kept_of_them()
    {
        _server.PageSize = 100;
        for (var i = 0; i < 10_000; i++)
        {
            _server.Set($"team-{i}", i % 2 == 0 ? "enabled" : null, ("status", new string('x', 100)));
        }

        await using var watch = Watch();
        await Until.TrueAsync(() => watch.IsKnown);
        Assert.Equal(10_000, watch.Count);
        Assert.Equal(2, Enumerable.Range(0, 10_000).Select(i => watch.Get($"team-{i}")).Distinct().Count());
        Assert.Contains(_server.Requests, request => request.Contains("limit=100"));
    }

    [Fact]
    public async Task What_is_kept_of_a_namespace_is_bounded_whatever_it_carries()
    {
        _server.Set(
            "web", "enabled",
            ("searches", string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"d{i}.example"))),
            ("options", string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"ndots:{i % 16},rotate"))),
            ("timeout", new string('0', 100_000) + "3"),
            ("not-known", new string('x', 100_000)));
        await using var watch = Watch();
        await Until.TrueAsync(() => watch.IsKnown);

        var kept = watch.Get("web").Annotations;

        Assert.Equal(32, kept.Searches.Count);
        Assert.Equal(["ndots:7", "rotate", "timeout:3"], kept.Options.Select(option => option.ToString()).Order());
    }

    [Fact]
    public async Task Changes_arrive_by_the_watch()
    {
        await using var watch = await WatchingAsync();
        _server.Set("web", "disabled");
        await Until.TrueAsync(() => watch.Get("web").Inject == false);
        _server.Set("web", "enabled");
        await Until.TrueAsync(() => watch.Get("web").Inject == true);
        _server.Delete("web");
        await Until.TrueAsync(() => watch.Count == 0);
    }

    [Fact]
    public async Task Watch_that_ends_goes_on_from_its_last_version()
    {
        await using var watch = await WatchingAsync();
        _server.Set("web", "disabled"); // version 101
        await Until.TrueAsync(() => watch.Count == 1);
        _server.EndWatches();
        await Until.TrueAsync(() => _server.Requests.Count(request => request.Contains("watch=true")) == 2);
        Assert.EndsWith("resourceVersion=101", _server.Requests.Last());
        Assert.Single(_server.Requests, request => !request.Contains("watch=true"));
    }

    [Fact]
    public async Task Expired_watch_lists_anew_and_finds_what_was_missed()
    {
        _server.Set("old", "disabled");
        await using var watch = await WatchingAsync();
        _server.SetSilently("web", "disabled");
        _server.ExpireWatches();
        await Until.TrueAsync(() => watch.Get("web").Inject == false);
        Assert.Equal(2, watch.Count);
    }

    [Fact]
    public async Task Token_is_read_for_each_request()
    {
        using var folder = new TemporaryFolder();
        var token = folder.Write("token", "first\n");
        await using var watch = new NamespaceWatch(
            _server.Connect(token), Handlers.Settings, TimeProvider.System, NullLogger.Instance);
        await Until.TrueAsync(() => _server.Requests.Count == 2);
        folder.Write("token", "second\n");
        _server.EndWatches();
        await Until.TrueAsync(() => _server.Requests.Count == 3);
        Assert.Equal(["Bearer first", "Bearer first", "Bearer second"], _server.Tokens);
    }

    [Fact]
    public async Task Webhook_is_unready_until_the_namespaces_are_known_and_uses_them()
    {
        using var certificates = new TestCertificates();
        _server.Set("web", "enabled", ("ndots", "4"), ("fallback", "none"));
        await using var webhook =
            await RunningWebhook.StartAsync(certificates, "--namespace-settings true", () => _server.Connect());
        await Until.TrueAsync(() => webhook.App.NamespacesKnown);
        Assert.Contains("[+] namespaces", await webhook.GetAsync("/readyz?verbose"));
        Assert.Contains("nodedns_webhook_namespaces 1", await webhook.GetAsync("/metrics"));

        using var message = await webhook.PostAsync(Pods.Review(Pods.Pod()).ToJsonString());
        var answer = JsonNode.Parse(await message.Content.ReadAsStringAsync())!;
        Assert.Contains(
            "nameservers 169.254.20.10; fallback none; options ndots:4", Pods.Patch(answer)!.ToJsonString());
    }

    [Theory]
    [InlineData("optIn", null, "not-opted-in")]
    [InlineData("optIn", "disabled", "namespace-opted-out")]
    [InlineData("optOut", "disabled", "namespace-opted-out")]
    public async Task Namespace_that_does_not_want_it_is_left_alone_whatever_the_selector_sends(
        string mode, string? label, string reason)
    {
        using var certificates = new TestCertificates();
        _server.Set("web", label);
        await using var webhook = await RunningWebhook.StartAsync(
            certificates, $"--namespace-settings true --mode {mode}", () => _server.Connect());
        await Until.TrueAsync(() => webhook.App.NamespacesKnown);

        Assert.Equal(reason, (await AnswerAsync()).Reason());
        Assert.Contains($"reason=\"{reason}\"}} 1", await webhook.GetAsync("/metrics"));
        Assert.Contains($"reason={reason} (", webhook.Log.ToString());

        _server.Set("web", "enabled");
        await Until.TrueAsync(async () => (await AnswerAsync()).Reason() is null);

        async Task<JsonNode> AnswerAsync()
        {
            using var message = await webhook.PostAsync(Pods.Review(Pods.Pod()).ToJsonString());
            return JsonNode.Parse(await message.Content.ReadAsStringAsync())!;
        }
    }

    private NamespaceWatch Watch() =>
        new(_server.Connect(), Handlers.Settings, TimeProvider.System, NullLogger.Instance);

    private async Task<NamespaceWatch> WatchingAsync()
    {
        var watch = Watch();
        await Until.TrueAsync(() => _server.Requests.Any(request => request.Contains("watch=true")));
        return watch;
    }
}
