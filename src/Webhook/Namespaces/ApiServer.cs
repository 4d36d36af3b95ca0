using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NodeDns.Webhook.Namespaces;

/// <summary>The API server as a pod reaches it: address from the service environment variables, the cluster's CA, and
/// the service account's token, which is read for each request because kubelet replaces it.</summary>
internal sealed class ApiServer : IDisposable
{
    private const string Mount = "/var/run/secrets/kubernetes.io/serviceaccount";

    private readonly Uri _base;
    private readonly string _tokenPath;

    public ApiServer(Uri @base, string tokenPath, X509Certificate2Collection? authorities)
    {
        _base = @base;
        _tokenPath = tokenPath;
        var handler = new SocketsHttpHandler();
        if (authorities is not null)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }
        Client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public HttpClient Client { get; }

    /// <returns>null when this process does not run in a pod with a service account.</returns>
    public static ApiServer? InCluster(Func<string, string?> environment)
    {
        var host = environment("KUBERNETES_SERVICE_HOST");
        var port = environment("KUBERNETES_SERVICE_PORT");
        var authority = Path.Combine(Mount, "ca.crt");
        if (host is null || port is null || !File.Exists(authority))
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(authority);
        var hostName = host.Contains(':') ? $"[{host}]" : host;
        return new ApiServer(new Uri($"https://{hostName}:{port}"), Path.Combine(Mount, "token"), authorities);
    }

    public HttpRequestMessage Request(string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_base, path));
        if (File.Exists(_tokenPath))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Bearer", File.ReadAllText(_tokenPath).Trim());
        }

        return request;
    }

    public void Dispose() => Client.Dispose();
}
