using System.Reflection;
using NodeDns.Injection.Decide;

namespace NodeDns.Injection.Patch;

/// <summary>The value of <c>nodedns.io/status</c>: one line, for people and for <c>grep</c>.</summary>
public static class InjectionStatus
{
    public static readonly string Version =
        typeof(InjectionStatus).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion.Split('+')[0] ?? "unknown";

    public static string Format(DnsPlan plan) =>
        $"injected by node-dns-webhook/{Version}: nameservers {string.Join(',', plan.Nameservers)}; "
        + $"fallback {plan.Fallback.Name()}; options {string.Join(',', plan.Options)}";
}
