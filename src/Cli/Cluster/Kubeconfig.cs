using System.Net;
using System.Security.Cryptography;
using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using YamlDotNet.Core;

namespace NodeDns.Cli.Cluster;

/// <summary>Makes a connection from kubectl's flags and files. KubernetesClient reads the files and runs credential
/// plugins. Its own client is not used: with the models of all kinds it is 12 MB of program.</summary>
internal static class Kubeconfig
{
    /// <exception cref="ClusterException">There is no kubeconfig, or it cannot be used.</exception>
    public static Connection Open(ClusterFlags flags)
    {
        var files = Files(flags);
        try
        {
            return files.Count == 0 ? InCluster(flags) : FromFiles(files, flags);
        }
        catch (Exception e) when (e is KubeConfigException or YamlException or CryptographicException or FormatException
            or IOException or UnauthorizedAccessException or InvalidOperationException or NullReferenceException)
        {
            throw new ClusterException($"kubeconfig {string.Join(':', files)}: {FirstLine(e.Message)}");
        }
    }

    private static List<string> Files(ClusterFlags flags)
    {
        if (flags.Kubeconfig is { } named)
        {
            return File.Exists(named) ? [named]
                : throw new ClusterException($"--kubeconfig {named}: there is no such file");
        }

        if (Environment.GetEnvironmentVariable("KUBECONFIG") is { Length: > 0 } list)
        {
            var listed = list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(File.Exists).ToList();
            return listed.Count > 0 ? listed : throw new ClusterException($"KUBECONFIG={list}: there is no such file");
        }

        var home = KubernetesClientConfiguration.KubeConfigDefaultLocation;
        return File.Exists(home) ? [home] : [];
    }

    private static Connection InCluster(ClusterFlags flags)
    {
        if (!KubernetesClientConfiguration.IsInCluster())
        {
            throw new ClusterException(
                $"no cluster: there is no kubeconfig ({KubernetesClientConfiguration.KubeConfigDefaultLocation}); "
                + "name one with --kubeconfig or KUBECONFIG");
        }

        return new Connection(KubernetesClientConfiguration.InClusterConfig(), flags, null, "the pod's service account");
    }

    private static Connection FromFiles(List<string> files, ClusterFlags flags)
    {
        var all = files.Select(file => KubernetesClientConfiguration.LoadKubeConfig(file)).Where(one => one is not null).ToList();
        var merged = all.FirstOrDefault() ?? throw new ClusterException($"kubeconfig {files[0]}: it is empty");
        foreach (var other in all.Skip(1))
        {
            merged.CurrentContext ??= other.CurrentContext;
            merged.Contexts = Merge(merged.Contexts, other.Contexts, one => one.Name);
            merged.Clusters = Merge(merged.Clusters, other.Clusters, one => one.Name);
            merged.Users = Merge(merged.Users, other.Users, one => one.Name);
        }

        var name = flags.Context ?? merged.CurrentContext;
        var context = (merged.Contexts ?? []).FirstOrDefault(one => one.Name == name)?.ContextDetails;
        if (context is null && (flags.Cluster is null || flags.Context is not null))
        {
            throw new ClusterException(name is { Length: > 0 }
                ? $"context {name}: there is no such context in {string.Join(':', files)}"
                : $"no cluster: {string.Join(':', files)} has no current-context; name one with --context");
        }

        var cluster = flags.Cluster ?? context?.Cluster;
        var user = flags.User ?? context?.User;
        Require("cluster", cluster, (merged.Clusters ?? []).Any(one => one.Name == cluster), files);
        if (user is { Length: > 0 })
        {
            Require("user", user, (merged.Users ?? []).Any(one => one.Name == user), files);
        }

        var text = KubeconfigText.Read(files);
        var tokenFile = text.TokenFile(user);
        merged.Contexts =
        [
            new Context
            {
                Name = "chosen",
                ContextDetails = new ContextDetails
                {
                    Cluster = cluster,
                    User = text.HasCredentials(user) ? user : null,
                    Namespace = context?.Namespace,
                },
            },
        ];
        var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(merged, "chosen");
        WholeBundle(configuration, merged, cluster!);
        if (tokenFile is not null)
        {
            configuration.AccessToken = File.ReadAllText(tokenFile).Trim();
        }

        return new Connection(configuration, flags, text.Proxy(cluster) is { } proxy ? new WebProxy(proxy) : null, $"context {name}");
    }

    /// <summary>Loads all certificates of a file. The library takes only the first.</summary>
    private static void WholeBundle(KubernetesClientConfiguration configuration, K8SConfiguration merged, string cluster)
    {
        var endpoint = merged.Clusters.First(one => one.Name == cluster).ClusterEndpoint;
        var pem = endpoint.CertificateAuthorityData is { Length: > 0 } data
            ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(data))
            : endpoint.CertificateAuthority is { Length: > 0 } file
                ? File.ReadAllText(Path.Combine(Path.GetDirectoryName(merged.FileName) ?? ".", file))
                : "";
        if (pem.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            configuration.SslCaCerts = [];
            configuration.SslCaCerts.ImportFromPem(pem);
        }
    }

    private static void Require(string kind, string? name, bool found, List<string> files)
    {
        if (!found)
        {
            throw new ClusterException($"{kind} {name}: there is no such {kind} in {string.Join(':', files)}");
        }
    }

    private static List<T> Merge<T>(IEnumerable<T>? first, IEnumerable<T>? second, Func<T, string> name) =>
        [.. (first ?? []).Concat(second ?? []).DistinctBy(name)];

    private static string FirstLine(string text) => text.Split('\n')[0].Trim();
}
