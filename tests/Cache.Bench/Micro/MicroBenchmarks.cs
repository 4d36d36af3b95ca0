using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace NodeDns.Bench.Micro;

/// <summary>`Cache.Bench micro [FILTER]`: BenchmarkDotNet over the rooms that need no socket.</summary>
internal static class MicroBenchmarks
{
    public static int Run(string[] arguments)
    {
        // In this process: the house's build rules do not fit the project that BenchmarkDotNet would generate.
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddLogger(ConsoleLogger.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddExporter(MarkdownExporter.GitHub)
            .WithArtifactsPath(Path.Combine("artifacts", "bench", "micro"));
        string[] filter = arguments.Length > 0 ? ["--filter", .. arguments] : ["--filter", "*"];
        return BenchmarkSwitcher.FromAssembly(typeof(MicroBenchmarks).Assembly).Run(filter, config).Any() ? 0 : 1;
    }
}
