using System.Diagnostics;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Talkers;

/// <summary><c>kubectl nodedns console</c> on the operator's machine, in a real Chromium there. Its pictures are left in
/// artifacts/console.</summary>
internal sealed class ConsoleVisit : IAsyncDisposable
{
    private const string Chromium = "/usr/bin/chromium";

    /// <summary>Enough for whatever the page waits for: what it shows of the nodes is read from them first.</summary>
    private const float MostMilliseconds = 30_000;

    private readonly string _pictures = Directory.CreateDirectory(Path.Combine(Tool.Checkout, "artifacts", "console")).FullName;
    private readonly Process _console;
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private IPage? _page;

    public ConsoleVisit(OperatorPath path) => _console = path.Start("kubectl nodedns console");

    public static bool IsPossible => File.Exists(Chromium);

    /// <summary>What the browser says that it does not like.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Runs a part of the visit, which fails when it has not ended in time: not all that a browser does has a limit.</summary>
    public async Task WithinAsync(TimeSpan limit, Func<Task> visit)
    {
        var visited = visit();
        if (await Task.WhenAny(visited, Task.Delay(limit)) != visited)
        {
            Assert.Fail($"the console's pages have not been seen within {limit}; the browser is at {_page?.Url ?? "no page"}");
        }

        await visited;
    }

    public async Task OpenAsync()
    {
        var address = Tool.FirstLine(_console);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"], Timeout = MostMilliseconds });
        Assertions.SetDefaultExpectTimeout(MostMilliseconds);
        _page = await _browser.NewPageAsync();
        _page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Complaints.Add(message.Text);
            }
        };
        _page.PageError += (_, error) => Complaints.Add(error);
        await _page.GotoAsync(address);
    }

    /// <summary>Goes to a part of the page.</summary>
    public async Task<ILocator> GoAsync(string name)
    {
        await _page!.Locator($"nav a[href='#{name}']").ClickAsync();
        return _page.Locator("#" + name);
    }

    /// <summary>Looks at what is shown in each light and width: it fits, and everybody can use it. Colours are the light's and
    /// places the width's, so that axe has looked at all of them after two of the four.</summary>
    public async Task LookAsync(string name)
    {
        foreach (var width in new[] { 1280, 400 })
        {
            await _page!.SetViewportSizeAsync(width, 800);
            foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                await _page.EmulateMediaAsync(new() { ColorScheme = scheme });
                await _page.ScreenshotAsync(new() { Path = Path.Combine(_pictures, $"cluster-{name}-{scheme}-{width}.png".ToLowerInvariant()), FullPage = true });
                Assert.Equal(width, await _page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
                if (scheme == ColorScheme.Light != (width == 1280))
                {
                    continue;
                }

                // Two hundred lookups are rows alike, and axe takes its time for each.
                var found = await _page.RunAxe(new AxeRunContext { Exclude = [new AxeSelector(".lookups tbody tr:nth-child(n+9)")] });
                Assert.True(found.Violations.Length == 0, $"{name} {scheme} {width}: " + string.Join("; ", found.Violations.Select(one =>
                    $"{one.Id}: {one.Help}: {string.Join(", ", one.Nodes.Select(node => node.Html))}")));
            }
        }
    }

    /// <summary>Ctrl-C.</summary>
    /// <returns>The exit code.</returns>
    public int Interrupt()
    {
        Tool.Run("kill", "-INT", $"{_console.Id}");
        Assert.True(_console.WaitForExit(TimeSpan.FromMilliseconds(MostMilliseconds)), "the console goes on after Ctrl-C");
        return _console.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _console.Kill();
        _console.Dispose();
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
