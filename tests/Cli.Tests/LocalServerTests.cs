using Microsoft.AspNetCore.Http;
using NodeDns.Cli.Browser;

namespace NodeDns.Cli.Tests;

/// <summary>The console's server in this process.</summary>
public sealed class LocalServerTests
{
    [Fact]
    public async Task Who_asks_before_the_port_is_known_waits_for_it()
    {
        using var server = new LocalServer(new Dictionary<string, Func<HttpContext, Task>>());
        var early = new DefaultHttpContext();
        var answered = server.ProcessRequestAsync(early);
        var address = await server.StartAsync(0, default);
        await answered;
        Assert.Equal(StatusCodes.Status403Forbidden, early.Response.StatusCode);

        using var http = new HttpClient();
        Assert.Contains("node-dns console", await http.GetStringAsync(address), StringComparison.Ordinal);
    }
}
