using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>Which workloads are in when only a share of them is. The same workload is in or out on every replica of
/// the webhook and across its own rollouts, and raising the share never takes one out.</summary>
internal static class Canary
{
    private const int Steps = 10_000;

    public static bool IsIn(PodView pod, string @namespace, int percent, string? seedLabel)
    {
        if (percent is <= 0 or >= 100)
        {
            return percent >= 100;
        }

        return Step(Key(pod, @namespace, seedLabel)) < percent * (Steps / 100);
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

    private static int Step(string key)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), digest);
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(digest) % Steps);
    }
}
