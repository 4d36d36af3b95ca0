using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Telemetry;

/// <summary>Every query of the usual dashboards, asked of a Prometheus that scrapes a running `serve`.</summary>
public sealed class DashboardTests(ScrapedServer server) : IClassFixture<ScrapedServer>
{
    public static TheoryData<string, string> Queries
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach ((var board, var query) in Dashboards.All)
            {
                data.Add(board, query);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public void Query_of_a_dashboard_has_numbers(string board, string query)
    {
        Assert.SkipUnless(PrometheusServer.IsInstalled, "needs prometheus: eng/install test");
        var values = server.Ask(query);
        Assert.True(values.Count > 0, $"{board}: nothing for {query}");
        Assert.False(values.Any(double.IsNaN), $"{board}: NaN among {string.Join(' ', values)} for {query}");
    }
}
