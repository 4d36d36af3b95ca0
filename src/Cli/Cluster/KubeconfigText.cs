using YamlDotNet.RepresentationModel;

namespace NodeDns.Cli.Cluster;

/// <summary>Reads the parts of a kubeconfig that KubernetesClient does not: a cluster's proxy, a token in a file, and
/// whether a user has any credentials (if not, kubectl is anonymous).</summary>
internal sealed class KubeconfigText
{
    private static readonly string[] s_credentials =
        ["token", "username", "client-certificate", "client-certificate-data", "exec", "auth-provider"];

    private readonly List<(string Folder, YamlMappingNode Root)> _files = [];

    public static KubeconfigText Read(IEnumerable<string> paths)
    {
        var text = new KubeconfigText();
        foreach (var path in paths)
        {
            using var reader = File.OpenText(path);
            var stream = new YamlStream();
            stream.Load(reader);
            if (stream.Documents is [{ RootNode: YamlMappingNode root }, ..])
            {
                text._files.Add((Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".", root));
            }
        }

        return text;
    }

    /// <returns>null when there is none.</returns>
    public string? Proxy(string? cluster) => Find("clusters", "cluster", cluster) is var (_, found) ? Text(found, "proxy-url") : null;

    /// <returns>The full path of the file with the user's token; null when there is none.</returns>
    public string? TokenFile(string? user) =>
        Find("users", "user", user) is var (folder, found) && Text(found, "tokenFile") is { } path
            ? Path.Combine(folder, path)
            : null;

    /// <summary>True when the user has credentials.</summary>
    public bool HasCredentials(string? user) => Find("users", "user", user) is var (_, found)
        && s_credentials.Any(name => found.Children.ContainsKey(new YamlScalarNode(name)));

    private (string Folder, YamlMappingNode Found)? Find(string list, string member, string? name)
    {
        foreach (var (folder, root) in _files)
        {
            if (root.Children.TryGetValue(new YamlScalarNode(list), out var node) && node is YamlSequenceNode all)
            {
                foreach (var one in all.OfType<YamlMappingNode>())
                {
                    if (Text(one, "name") == name
                        && one.Children.TryGetValue(new YamlScalarNode(member), out var found)
                        && found is YamlMappingNode mapping)
                    {
                        return (folder, mapping);
                    }
                }
            }
        }

        return null;
    }

    private static string? Text(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(new YamlScalarNode(name), out var value) && value is YamlScalarNode { Value.Length: > 0 } text
            ? text.Value
            : null;
}
