using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace NodeDns.Testing;

/// <summary>A real Prometheus.</summary>
public sealed class PrometheusServer : IDisposable
{
    private const string Program = "/usr/bin/prometheus";

    private readonly string _directory = Directory.CreateTempSubdirectory("nodedns-prometheus-").FullName;
    private readonly Process _process;
    private readonly HttpClient _http = new();

    /// <param name="jobs">Of scrape_configs.</param>
    /// <param name="until">It returns once this query has a value.</param>
    public PrometheusServer(string jobs, string until)
    {
        File.WriteAllText(
            Path.Combine(_directory, "prometheus.yml"),
            $"""
            global:
              scrape_interval: 500ms
              scrape_timeout: 500ms
            scrape_configs:
            {jobs}
            """);
        var port = Ports.Next();
        _http.BaseAddress = new Uri($"http://127.0.0.1:{port}");
        _process = Process.Start(new ProcessStartInfo(Program)
        {
            ArgumentList =
            {
                $"--config.file={_directory}/prometheus.yml",
                $"--storage.tsdb.path={_directory}/data",
                $"--web.listen-address=127.0.0.1:{port}",
                "--log.level=error",
            },
            // It must not keep the test's own output open.
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            Await(until);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public static bool IsInstalled => File.Exists(Program);

    /// <summary>The values of an instant query.</summary>
    public IReadOnlyList<double> Ask(string query)
    {
        using var body = new FormUrlEncodedContent([new("query", query)]);
        using var answer = _http.PostAsync("/api/v1/query", body).GetAwaiter().GetResult();
        using var json = JsonDocument.Parse(answer.Content.ReadAsStringAsync().GetAwaiter().GetResult());
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{query}: {json.RootElement}");
        }

        return
        [
            .. json.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Select(sample =>
                Number(sample.GetProperty("value")[1].GetString()!)),
        ];
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void Await(string query)
    {
        var started = Stopwatch.GetTimestamp();
        using var tick = new ManualResetEventSlim();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(90))
        {
            try
            {
                if (Ask(query).Count > 0)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            catch (JsonException)
            {
                // Listening, and not ready: it says so in plain text.
            }
            tick.Wait(100);
        }
        throw new InvalidOperationException($"Prometheus did not get as far as {query}");
    }

    private static double Number(string text) => text switch
    {
        "NaN" => double.NaN,
        "+Inf" => double.PositiveInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };
}
