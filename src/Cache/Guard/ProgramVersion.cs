using System.Reflection;

namespace NodeDns.Cache.Guard;

/// <summary>What this program calls itself to its peers and in logs.</summary>
internal static class ProgramVersion
{
    public static string Text { get; } = typeof(ProgramVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
