using System.Net;

namespace NodeDns.Cli.Cluster;

/// <summary>The message for a user who lacks a right: the verb, the resource, and the rule that would give
/// it.</summary>
internal static class Rights
{
    /// <param name="verb">The verb as in a rule: <c>list</c>, <c>patch</c>.</param>
    /// <param name="path">The path that was requested.</param>
    /// <param name="server">The API server's message.</param>
    public static ClusterException Missing(string verb, ApiPath path, string server)
    {
        var where = path.Namespace is { } ns ? $"in namespace {ns}" : "in the whole cluster";
        return new ClusterException(
            $"not allowed to {verb} {path.Shown} {where}: {server.TrimEnd('.')}", HttpStatusCode.Forbidden,
            $"""
            A cluster administrator can allow it with this rule, bound to your user:
            {Rule(verb, path)}
            """);
    }

    private static string Rule(string verb, ApiPath path)
    {
        var resource = path.Resource + (path.Subresource is null ? "" : "/" + path.Subresource);
        var (kind, metadata) = path.Namespace is { } ns
            ? ("Role", $"{{name: kubectl-nodedns, namespace: {ns}}}")
            : ("ClusterRole", "{name: kubectl-nodedns}");
        return $$"""
              apiVersion: rbac.authorization.k8s.io/v1
              kind: {{kind}}
              metadata: {{metadata}}
              rules:
              - {apiGroups: ["{{path.Group}}"], resources: ["{{resource}}"], verbs: ["{{verb}}"]}
            """;
    }
}
