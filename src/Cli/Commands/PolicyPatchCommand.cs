using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Printing;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Commands;

/// <summary><c>report --policy</c>: prints the JSON Patch that lets the pods of a NetworkPolicy reach the
/// cache.</summary>
internal static class PolicyPatchCommand
{
    /// <summary>The command line that applies a policy's patch.</summary>
    public static string Line(string @namespace, string name) =>
        $"kubectl nodedns report --policy {@namespace}/{name} -o yaml | kubectl patch networkpolicy -n {@namespace} {name} --type json --patch-file /dev/stdin";

    public static async Task<int> RunAsync(Session session, string named, OutputFormat format)
    {
        if (named.Split('/') is not [{ Length: > 0 } ns, { Length: > 0 } name])
        {
            throw new UsageException($"--policy {named}: expected NAMESPACE/NAME");
        }

        using var found = await session.Api.FindAsync(ApiPath.NetworkPolicies.In(ns).Named(name), session.Cancel)
            ?? throw new ClusterException($"NetworkPolicy {named}: there is no such policy");
        var addresses = await AddressesAsync(session);
        var policy = EgressPolicy.Read(found.RootElement, [.. addresses.Select(System.Net.IPAddress.Parse)]);
        var closed = policy is null ? [] : EgressPolicy.Protocols
            .Where(protocol => !addresses.All(address => policy.Allows(System.Net.IPAddress.Parse(address), protocol))).ToArray();
        if (policy is null || closed.Length == 0)
        {
            session.Screen.Say($"NetworkPolicy {named} lets its pods reach {string.Join(", ", addresses)}: there is nothing to patch");
            return ExitCode.Nothing;
        }

        Document.Write(session.Screen.Out, format == OutputFormat.Json ? format : OutputFormat.Yaml, writer =>
            Write(writer, found.RootElement.Member("spec"u8).Member("egress"u8).IsArray, addresses, closed));
        return ExitCode.Findings;
    }

    private static async Task<IReadOnlyList<string>> AddressesAsync(Session session)
    {
        try
        {
            var release = await new ReleaseFinder(session.Api).FindAsync(session.Cancel);
            return (await new DeployedSettings(session.Api).ReadAsync(release, session.Cancel)).Settings.Dns.LocalAddresses;
        }
        catch (ClusterException e) when (e.IsForbidden)
        {
            return DeployedSettings.Default.Dns.LocalAddresses;
        }
    }

    /// <summary>Adds one rule, which does not restrict the others.</summary>
    private static void Write(Utf8JsonWriter writer, bool hasRules, IReadOnlyList<string> addresses, string[] protocols)
    {
        writer.WriteStartArray();
        writer.WriteStartObject();
        writer.WriteString("op", "add");
        writer.WriteString("path", hasRules ? "/spec/egress/-" : "/spec/egress");
        writer.WritePropertyName("value");
        if (!hasRules)
        {
            writer.WriteStartArray();
        }

        writer.WriteStartObject();
        writer.WriteStartArray("to");
        foreach (var address in addresses)
        {
            writer.WriteStartObject();
            writer.WriteStartObject("ipBlock");
            writer.WriteString("cidr", address + (address.Contains(':') ? "/128" : "/32"));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("ports");
        foreach (var protocol in protocols)
        {
            writer.WriteStartObject();
            writer.WriteString("protocol", protocol);
            writer.WriteNumber("port", 53);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        if (!hasRules)
        {
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndArray();
    }
}
