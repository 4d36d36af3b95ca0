using System.Diagnostics;

namespace NodeDns.Bench.Lab;

/// <summary>Runs one of the floor programs, or any other, to its end and gives what it printed.</summary>
internal static class Tool
{
    /// <exception cref="BenchException">It printed nothing; carries what it said on standard error.</exception>
    public static string Output(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return output.Length > 0 ? output : throw new BenchException($"{program}: {errors.Result.Trim()}");
    }

    public static string OnCore(int core, string program, IEnumerable<string> arguments) =>
        Output("taskset", ["-c", core.ToString(), program, .. arguments]);

    /// <summary>The path of an installed program, or null.</summary>
    public static string? Find(string name) =>
        new[] { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin" }
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
