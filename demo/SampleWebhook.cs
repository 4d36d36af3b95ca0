using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.JsonPatch.SystemTextJson;

namespace NodeDns.Demo;

/// <summary>The webhook with a certificate made for this run, and the call an API server makes to it.</summary>
internal sealed class SampleWebhook : IDisposable
{
    public const string ClusterDns = "10.96.0.10";

    private readonly ChildProgram _program;
    private readonly HttpClient _http;

    private SampleWebhook(ChildProgram program, HttpClient http, Uri address)
    {
        _program = program;
        _http = http;
        Address = address;
    }

    public Uri Address { get; }

    public sealed record Admitted(JsonNode Pod, string[] Warnings);

    public static async Task<SampleWebhook> Start(string program, string folder)
    {
        using var certificate = MakeCertificate();
        var (cert, key) = (Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
        await File.WriteAllTextAsync(cert, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());

        var (listen, metrics) = (FreePort.Take(), FreePort.Take());
        var child = ChildProgram.Start("node-dns-webhook", program,
            "--listen", $"127.0.0.1:{listen}", "--metrics-listen", $"127.0.0.1:{metrics}",
            "--tls-cert", cert, "--tls-key", key,
            "--cluster-dns", ClusterDns, "--cluster-domain", "cluster.local", "--host-searches", "none",
            "--probe", "false");
        var expected = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        var http = new HttpClient(new HttpClientHandler
        {
            // An API server trusts the caBundle of its webhook configuration: here, exactly this certificate.
            ServerCertificateCustomValidationCallback = (_, presented, _, _) =>
                presented?.GetCertHashString(HashAlgorithmName.SHA256) == expected,
        });
        var webhook = new SampleWebhook(child, http, new Uri($"https://127.0.0.1:{listen}/mutate"));
        await child.WaitUntil(() => IsReady(http, new Uri($"http://127.0.0.1:{metrics}/readyz")));
        return webhook;
    }

    /// <summary>Sends an AdmissionReview for the pod's creation and applies the patch that comes back.</summary>
    public async Task<Admitted> Admit(JsonNode pod)
    {
        var review = new JsonObject
        {
            ["apiVersion"] = "admission.k8s.io/v1",
            ["kind"] = "AdmissionReview",
            ["request"] = new JsonObject
            {
                ["uid"] = Guid.NewGuid().ToString(),
                ["kind"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["kind"] = "Pod" },
                ["resource"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["resource"] = "pods" },
                ["name"] = "busybox",
                ["namespace"] = SamplePod.Namespace,
                ["operation"] = "CREATE",
                ["userInfo"] = new JsonObject { ["username"] = "demo" },
                ["object"] = pod.DeepClone(),
                ["dryRun"] = false,
            },
        };
        var reply = await _http.PostAsJsonAsync(Address, review);
        var answer = JsonNode.Parse(await reply.Content.ReadAsStringAsync())!["response"]!;
        if (answer["patch"] is not { } patch)
        {
            throw new DemoException($"the webhook sent no patch: {answer.ToJsonString()}");
        }
        var operations = JsonSerializer.Deserialize<JsonPatchDocument>(Convert.FromBase64String((string)patch!))!;
        var patched = pod.DeepClone();
        operations.ApplyTo(patched);
        return new Admitted(patched, [.. (answer["warnings"]?.AsArray() ?? []).Select(text => (string)text!)]);
    }

    public void Dispose()
    {
        _http.Dispose();
        _program.Dispose();
    }

    private static async Task<bool> IsReady(HttpClient http, Uri readyz)
    {
        try
        {
            return (await http.GetAsync(readyz)).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node-dns-webhook.demo.svc", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("node-dns-webhook.demo.svc");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
    }
}
