using System.Reflection;

namespace NodeDns.Cache.Serve;

/// <summary>This program's version, as built.</summary>
public static class BuildVersion
{
    public static string Text { get; } = typeof(BuildVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
