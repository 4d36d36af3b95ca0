using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;

namespace NodeDns.Cli.Cluster;

/// <summary>HTTP connections to one API server, as one user.</summary>
internal sealed class Connection : IDisposable
{
    private readonly KubernetesClientConfiguration _configuration;
    private readonly string? _as;
    private readonly HttpMessageInvoker _invoker;

    public Connection(KubernetesClientConfiguration configuration, ClusterFlags flags, IWebProxy? proxy, string origin)
    {
        _configuration = configuration;
        _as = flags.As;
        Server = new Uri(configuration.Host.TrimEnd('/') + "/");
        Origin = origin;
        Timeout = flags.RequestTimeout;
        _invoker = new HttpMessageInvoker(Handler(configuration, proxy));
    }

    public Uri Server { get; }

    /// <summary>The name of this cluster in messages.</summary>
    public string Origin { get; }

    /// <summary>The context's namespace; null when it names none.</summary>
    public string? Namespace => _configuration.Namespace;

    public TimeSpan Timeout { get; }

    public async Task<HttpRequestMessage> RequestAsync(HttpMethod method, string path, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(method, new Uri(Server, path.TrimStart('/')));
        request.Headers.Authorization = await AuthorizationAsync(cancel);
        if (_as is not null)
        {
            request.Headers.TryAddWithoutValidation("Impersonate-User", _as);
        }

        return request;
    }

    /// <summary>Sends a request and returns when the head of the answer has come.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel) =>
        _invoker.SendAsync(request, cancel);

    /// <param name="path">A path such as a pod's <c>portforward</c>.</param>
    /// <param name="protocol">The WebSocket's subprotocol.</param>
    public async Task<WebSocket> UpgradeAsync(string path, string protocol, CancellationToken cancel)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(protocol);
        socket.Options.CollectHttpResponseDetails = true;
        if (await AuthorizationAsync(cancel) is { } authorization)
        {
            socket.Options.SetRequestHeader("Authorization", authorization.ToString());
        }

        if (_as is not null)
        {
            socket.Options.SetRequestHeader("Impersonate-User", _as);
        }

        var address = new UriBuilder(new Uri(Server, path.TrimStart('/')));
        address.Scheme = address.Scheme == "http" ? "ws" : "wss";
        try
        {
            await socket.ConnectAsync(address.Uri, _invoker, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _invoker.Dispose();

    private async Task<AuthenticationHeaderValue?> AuthorizationAsync(CancellationToken cancel)
    {
        if (_configuration.TokenProvider is { } provider)
        {
            return await provider.GetAuthenticationHeaderAsync(cancel);
        }

        if (_configuration.AccessToken is { Length: > 0 } token)
        {
            return new AuthenticationHeaderValue("Bearer", token);
        }

        return _configuration.Username is { Length: > 0 } user
            ? new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{_configuration.Password}")))
            : null;
    }

    private static SocketsHttpHandler Handler(KubernetesClientConfiguration configuration, IWebProxy? proxy)
    {
        var options = new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.None };
        if (configuration.TlsServerName is { Length: > 0 } name)
        {
            options.TargetHost = name;
        }

        if (configuration.SkipTlsVerify)
        {
            // The user's kubeconfig has insecure-skip-tls-verify.
#pragma warning disable CA5359
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (configuration.SslCaCerts is { Count: > 0 } authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (ClientCertificate.Of(configuration) is { } certificate)
        {
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
            options.ClientCertificates = [certificate];
        }

        var handler = new SocketsHttpHandler
        {
            SslOptions = options,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // Nine tenths of a list of pods are repeated names, so over any network compression is worth the server's
            // time.
            AutomaticDecompression = IsNear(configuration.Host) ? DecompressionMethods.None : DecompressionMethods.GZip,
        };
        if (proxy is not null)
        {
            handler.Proxy = proxy;
        }

        return handler;
    }

    private static bool IsNear(string host) => new Uri(host).IsLoopback;
}
