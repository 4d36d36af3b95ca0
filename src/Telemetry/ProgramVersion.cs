using System.Reflection;

namespace NodeDns.Telemetry;

/// <summary>The version that all programs of this repository are built with. Used in logs, metrics and
/// hand-overs.</summary>
public static class ProgramVersion
{
    /// <summary>The version without the commit that the SDK appends: <c>0.1.0</c>.</summary>
    public static string Text { get; } = typeof(ProgramVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
