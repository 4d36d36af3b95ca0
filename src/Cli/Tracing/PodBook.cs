using System.Net;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Tracing;

/// <summary>Pods by their addresses: who stands behind a client, and which clients are asked about. Any thread may call
/// this.</summary>
/// <param name="wants">Whether a pod is one that is asked about.</param>
internal sealed class PodBook(Func<JsonElement, bool> wants)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _byUid = [];
    private readonly Dictionary<string, Entry> _byAddress = [];

    /// <summary>Notes a pod as a list or a watch has it.</summary>
    /// <param name="kind">ADDED, MODIFIED or DELETED.</param>
    /// <returns>true when the clients that are asked about have changed.</returns>
    public bool Note(string kind, JsonElement pod)
    {
        var uid = pod.Member("metadata"u8).Text("uid"u8) ?? "";
        lock (_gate)
        {
            _byUid.Remove(uid, out var before);
            var now = kind == "DELETED" || ObjectView.IsDone(pod) || pod.Member("spec"u8).Member("hostNetwork"u8).IsTrue ? null : Read(pod);
            foreach (var address in before?.Addresses ?? [])
            {
                if (_byAddress.GetValueOrDefault(address) == before)
                {
                    _byAddress.Remove(address);
                }
            }

            if (now is not null)
            {
                _byUid[uid] = now;
                foreach (var address in now.Addresses)
                {
                    _byAddress[address] = now;
                }
            }

            return (before?.IsWanted, before?.Node, Text(before)) != (now?.IsWanted, now?.Node, Text(now))
                && (before?.IsWanted ?? now?.IsWanted ?? false);
        }

        static string Text(Entry? entry) => string.Join(',', entry?.Addresses ?? []);
    }

    /// <returns>NAMESPACE/NAME; null when no pod is known to have this address.</returns>
    public string? NameOf(string address)
    {
        lock (_gate)
        {
            return _byAddress.GetValueOrDefault(address)?.Name;
        }
    }

    public bool Wants(string address)
    {
        lock (_gate)
        {
            return _byAddress.GetValueOrDefault(address)?.IsWanted == true;
        }
    }

    /// <summary>The addresses that are asked about, by their node.</summary>
    public Dictionary<string, SortedSet<string>> Wanted()
    {
        lock (_gate)
        {
            var wanted = new Dictionary<string, SortedSet<string>>();
            foreach (var entry in _byUid.Values.Where(entry => entry.IsWanted && entry.Node.Length > 0 && entry.Addresses.Length > 0))
            {
                (wanted.TryGetValue(entry.Node, out var clients) ? clients : wanted[entry.Node] = new(StringComparer.Ordinal))
                    .UnionWith(entry.Addresses);
            }

            return wanted;
        }
    }

    private Entry Read(JsonElement pod) => new(
        $"{ObjectView.Namespace(pod)}/{ObjectView.Name(pod)}",
        pod.Member("spec"u8).Text("nodeName"u8) ?? "",
        [.. pod.Member("status"u8).Member("podIPs"u8).Items.Select(one => Canonical(one.Text("ip"u8) ?? "")).Where(ip => ip.Length > 0)],
        wants(pod));

    private static string Canonical(string address) => IPAddress.TryParse(address, out var read) ? read.ToString() : address;

    private sealed record Entry(string Name, string Node, string[] Addresses, bool IsWanted);
}
