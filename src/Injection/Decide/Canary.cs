using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>Decides which workloads are injected when only a percentage is. A workload gets the same result on all
/// replicas of the webhook and in all its own rollouts, and raising the percentage never excludes a workload.</summary>
internal static class Canary
{
    private const int Steps = 10_000;

    private const string Characters = "abcdefghijklmnopqrstuvwxyz0123456789-./ABCDEFGHIJKLMNOPQRSTUVWXYZ_";

    public static bool IsIn(PodView pod, string @namespace, int percent, string? seedLabel, Engine engine)
    {
        if (percent is <= 0 or >= 100)
        {
            return percent >= 100;
        }

        var key = Key(pod, @namespace, seedLabel);
        return (engine == Engine.Policy ? SumStep(key) : HashStep(key)) < percent * (Steps / 100);
    }

    private static string Key(PodView pod, string @namespace, string? seedLabel)
    {
        if (seedLabel is not null && pod.Label(Encoding.UTF8.GetBytes(seedLabel)) is { Length: > 0 } seed)
        {
            return $"{@namespace}/label/{seed}";
        }

        return WorkloadName.Of(pod) is { } name
            ? $"{@namespace}/{pod.Owner.Text("kind"u8)}/{name}"
            : $"{@namespace}/Pod/{pod.Name}";
    }

    /// <summary>The policy's draw: CEL has no hash. The chart's variable <c>draw</c> has the same numbers.</summary>
    private static int SumStep(string key)
    {
        var sum = 0L;
        for (var i = 0L; i < key.Length; i++)
        {
            sum += (Characters.IndexOf(key[(int)i], StringComparison.Ordinal) + 2) * (((i * i * 7919) + (i * 104729) + 15485863) % 1000003);
        }

        return (int)(sum % Steps);
    }

    private static int HashStep(string key)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), digest);
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(digest) % Steps);
    }
}
