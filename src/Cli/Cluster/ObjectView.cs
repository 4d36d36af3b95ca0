using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Cluster;

/// <summary>Reads what all objects have, and some parts of pods.</summary>
internal static class ObjectView
{
    public static string Name(JsonElement item) => item.Member("metadata"u8).Text("name"u8) ?? "";

    public static string Namespace(JsonElement item) => item.Member("metadata"u8).Text("namespace"u8) ?? "";

    public static bool IsLeaving(JsonElement item) => !item.Member("metadata"u8).Member("deletionTimestamp"u8).IsAbsent;

    /// <summary>True when a pod has run to completion.</summary>
    public static bool IsDone(JsonElement pod) => pod.Member("status"u8).Text("phase"u8) is "Succeeded" or "Failed";

    public static bool IsReady(JsonElement item) => !IsLeaving(item) && Condition(item, "Ready") is { } ready && ready.Says("status"u8, "True"u8);

    /// <returns>null when the object does not have this condition.</returns>
    public static JsonElement? Condition(JsonElement item, string type)
    {
        foreach (var condition in item.Member("status"u8).Member("conditions"u8).Items)
        {
            if (condition.Text("type"u8) == type)
            {
                return condition;
            }
        }

        return null;
    }

    public static int Number(JsonElement item, ReadOnlySpan<byte> name) =>
        item.Member(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : 0;

    /// <summary>Why a pod does not run: the reason of its first waiting or ended container, or of the
    /// scheduler.</summary>
    /// <returns>null when nothing is wrong.</returns>
    public static string? Trouble(JsonElement pod)
    {
        var status = pod.Member("status"u8);
        foreach (var container in status.Member("initContainerStatuses"u8).Items.Concat(status.Member("containerStatuses"u8).Items))
        {
            var state = container.Member("state"u8);
            var said = state.Member("waiting"u8).IsObject ? state.Member("waiting"u8) : state.Member("terminated"u8);
            if (said.Text("reason"u8) is { } reason && reason is not ("Completed" or "ContainerCreating" or "PodInitializing"))
            {
                return $"container {container.Text("name"u8)}: {reason}"
                    + (said.Text("message"u8) is { Length: > 0 } message ? $": {message.Split('\n')[0]}" : "");
            }
        }

        return Condition(pod, "PodScheduled") is { } scheduled && scheduled.Says("status"u8, "False"u8)
            ? $"not scheduled: {scheduled.Text("message"u8)}"
            : null;
    }
}
