using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NodeDns.Webhook.Tests.Support;

/// <summary>The webhook as a process of its own, which asks no API server.</summary>
internal sealed partial class WebhookProgram : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestCertificates _certificates;
    private readonly Process _process;
    private Uri? _mutate;

    private WebhookProgram(TestCertificates certificates, IReadOnlyList<string> command, (string Name, string Value)[] environment)
    {
        _certificates = certificates;
        (var certificate, var key) = certificates.Issue();
        var start = new ProcessStartInfo(command[0],
        [
            .. command.Skip(1), "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0",
            "--tls-cert", _folder.Write("tls.crt", certificate), "--tls-key", _folder.Write("tls.key", key),
            "--cluster-dns", "10.96.0.10", "--cluster-domain", "cluster.local", "--host-searches", "none", "--probe", "false",
        ])
        {
            RedirectStandardError = true,
        };
        foreach ((var name, var value) in environment)
        {
            start.Environment[name] = value;
        }
        _process = Process.Start(start)!;
    }

    /// <summary>The program that was built beside the tests.</summary>
    public static IReadOnlyList<string> Built { get; } = [Path.Combine(AppContext.BaseDirectory, "node-dns-webhook")];

    /// <param name="command">The program, and words before its options.</param>
    public static async Task<WebhookProgram> StartAsync(
        TestCertificates certificates, IReadOnlyList<string> command, params (string Name, string Value)[] environment)
    {
        var webhook = new WebhookProgram(certificates, command, environment);
        while (await webhook._process.StandardError.ReadLineAsync() is { } line)
        {
            if (MutatePattern().Match(line) is { Success: true } match)
            {
                webhook._mutate = new Uri(match.Groups[1].Value);
                return webhook;
            }
        }
        webhook.Dispose();
        throw new InvalidOperationException("the webhook ended");
    }

    /// <summary>Sends a request to the webhook's path, with a connection of its own.</summary>
    public async Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(byte[] body)
    {
        using var client = RunningWebhook.NewClient(_certificates);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var message = await client.PostAsync(_mutate, content);
        return (message.StatusCode, JsonNode.Parse(await message.Content.ReadAsStringAsync())!);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
        _folder.Dispose();
    }

    [GeneratedRegex(" mutate=(\\S+)")]
    private static partial Regex MutatePattern();
}
