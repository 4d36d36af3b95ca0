using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary>The console's page in a real Chromium. Its pictures are left in artifacts/console.</summary>
public sealed class ConsolePageTests : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    private static readonly string[] s_pages = ["move", "node", "trace", "top"];

    private readonly ControlPlane _cluster;
    private readonly List<string> _complaints = [];
    private ConsoleScene? _scene;
    private ConsoleRun? _console;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public ConsolePageTests(ControlPlane cluster) => _cluster = cluster;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists(Chromium), "needs chromium: eng/install test");
        _scene = new ConsoleScene(_cluster);
        _console = new ConsoleRun(_cluster, "-n", ConsoleScene.Ns);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        _console?.Dispose();
        _scene?.Dispose();
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Light, 400)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Dark, 400)]
    public async Task Every_page_is_accessible_and_fits(ColorScheme scheme, int width)
    {
        var page = await OpenAsync(scheme, width);
        var folder = Directory.CreateDirectory(Path.Combine(Tool.Checkout, "artifacts", "console")).FullName;
        foreach (var name in s_pages)
        {
            await page.Locator($"nav a[href='#{name}']").ClickAsync();
            if (name == "trace")
            {
                await page.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
            }

            await Assertions.Expect(page.Locator($"#{name}")).ToContainTextAsync(
                name switch { "node" => "10.96.0.10:53", "move" => "seen/closed", _ => "seen/loud" }, new() { Timeout = 60_000 });
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{scheme}-{width}.png".ToLowerInvariant()), FullPage = true });
            Assert.Equal(width, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
            var found = await page.RunAxe();
            Assert.True(found.Violations.Length == 0, $"{name} {scheme} {width}: " + string.Join("; ", found.Violations.Select(one =>
                $"{one.Id}: {one.Help}: {string.Join(", ", one.Nodes.Select(node => node.Html))}")));
        }

        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task The_keyboard_is_enough()
    {
        var page = await OpenAsync(ColorScheme.Light, 400);
        await Assertions.Expect(page.Locator("#move")).ToContainTextAsync("kubectl nodedns rollout -n seen", new() { Timeout = 60_000 });
        await TabToAsync(page, "Copy kubectl nodedns rollout -n seen");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#said")).ToHaveTextAsync("Copied");
        Assert.Equal("kubectl nodedns rollout -n seen", await page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));

        await page.Keyboard.PressAsync("Control+Home");
        await TabToAsync(page, "Trace");
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync(page, "Pod or workload");
        await page.Keyboard.TypeAsync("loud");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#trace .lookups")).ToContainTextAsync("seen/loud", new() { Timeout = 60_000 });
        await Assertions.Expect(page.Locator("#trace [data-command]")).ToContainTextAsync("kubectl nodedns trace -f -n seen loud");
        await TabToAsync(page, "Stop");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#trace [data-when]")).ToContainTextAsync("stopped after");
        ControlPlane.Until(() => _scene!.Kubelet.Running == 0, "the node is still read");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task What_a_name_contains_is_text()
    {
        var page = await OpenAsync(ColorScheme.Light, 1280);
        await page.Locator("nav a[href='#trace']").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
        await Assertions.Expect(page.Locator("#trace .lookups")).ToContainTextAsync(ConsoleScene.Strange, new() { Timeout = 60_000 });
        Assert.Equal(0, await page.Locator("img").CountAsync());
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_console_that_has_ended_is_said()
    {
        var page = await OpenAsync(ColorScheme.Light, 1280);
        await Assertions.Expect(page.Locator("#move")).ToContainTextAsync("seen/closed", new() { Timeout = 60_000 });
        _console!.Interrupt();
        await page.Locator("#move [data-refresh]").ClickAsync();
        await Assertions.Expect(page.Locator("#move [data-troubles]")).ToContainTextAsync("kubectl nodedns console has ended: start it again");
        await Assertions.Expect(page.Locator("#move")).ToContainTextAsync("seen/closed");
    }

    /// <summary>The browser's timers are the test's.</summary>
    [Fact]
    public async Task Nodes_are_read_again_when_they_are_looked_at_again_and_not_before()
    {
        var page = await OpenAsync(ColorScheme.Light, 1280);
        var asked = await NodesAskedAsync(page, 1);
        await HideAsync(page, true);
        await page.Clock.FastForwardAsync("10:00");
        await AnsweredAsync(page);
        Assert.Single(asked);
        await page.RunAndWaitForRequestAsync(() => HideAsync(page, false), "**/api/nodes");
    }

    [Theory]
    [InlineData(1, "00:04", "00:02")]
    [InlineData(50, "00:14", "00:02")]
    public async Task Many_nodes_are_read_less_often(int nodes, string notYet, string then)
    {
        var page = await OpenAsync(ColorScheme.Light, 1280);
        var asked = await NodesAskedAsync(page, nodes);
        await page.Clock.FastForwardAsync(notYet);
        await AnsweredAsync(page);
        Assert.Single(asked);
        await page.RunAndWaitForRequestAsync(() => page.Clock.FastForwardAsync(then), "**/api/nodes");
    }

    /// <summary>Opens the page of nodes, with as many as wanted in place of the scene's, and stops the browser's clock.</summary>
    /// <returns>Each time that they are asked for.</returns>
    private static async Task<List<string>> NodesAskedAsync(IPage page, int nodes)
    {
        var asked = new List<string>();
        await page.RouteAsync("**/api/nodes", route =>
        {
            asked.Add(route.Request.Url);
            var names = Enumerable.Range(1, nodes).Select(node => $$"""{"name": "node-{{node}}", "guard": "OK", "relayed": 0}""");
            return route.FulfillAsync(new() { ContentType = "application/json", Body = $$"""{"ready": {{nodes}}, "wanted": {{nodes}}, "nodes": [{{string.Join(',', names)}}], "unknown": []}""" });
        });
        await page.Clock.InstallAsync();
        await page.ReloadAsync();
        await page.Clock.PauseAtAsync(DateTime.UnixEpoch.AddYears(100));
        await page.Locator("nav a[href='#node']").ClickAsync();
        await Assertions.Expect(page.Locator("#node [data-nodes] tbody tr")).ToHaveCountAsync(nodes);
        return asked;
    }

    /// <summary>Whatever the page had asked for before is answered when this is.</summary>
    private static async Task AnsweredAsync(IPage page) => await page.EvaluateAsync("async () => { await (await fetch('api/about')).text(); }");

    private static async Task HideAsync(IPage page, bool isHidden) => await page.EvaluateAsync(
        "isHidden => { Object.defineProperty(document, 'hidden', { configurable: true, value: isHidden }); document.dispatchEvent(new Event('visibilitychange')); }", isHidden);

    private async Task<IPage> OpenAsync(ColorScheme scheme, int width)
    {
        var context = await _browser!.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 800 } });
        await context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        var page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(_console!.Address.ToString(), StringComparison.Ordinal))
            {
                _complaints.Add($"asks for {request.Url}");
            }
        };
        await page.GotoAsync(_console!.Address.ToString());
        return page;
    }

    /// <summary>Presses Tab until what has the focus has this name.</summary>
    private static async Task TabToAsync(IPage page, string name)
    {
        var met = new List<string>();
        while (met.Count < 80)
        {
            await page.Keyboard.PressAsync("Tab");
            var at = await page.EvaluateAsync<string>(
                "() => (document.activeElement.ariaLabel || document.activeElement.labels?.[0]?.firstChild.textContent || document.activeElement.textContent).trim()");
            if (at == name)
            {
                return;
            }

            met.Add(at);
        }

        Assert.Fail($"{name} is not reached: {string.Join(", ", met)}");
    }
}
