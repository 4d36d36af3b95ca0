using System.Collections.Concurrent;
using System.Diagnostics;

namespace NodeDns.Testing.Shell;

/// <summary>A program run to its end, with what it said.</summary>
public sealed record Tool(int ExitCode, string Output, string Error)
{
    /// <summary>How long a program may take: unpacking and building take minutes on a busy machine, and one that hangs must not
    /// hold its suite for ever.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    /// <summary>How long a program that goes on may take until it says that it is ready.</summary>
    private static readonly TimeSpan s_readyLimit = TimeSpan.FromMinutes(1);

    /// <summary>The checkout: the folder with the solution file.</summary>
    public static string Checkout { get; } = FindCheckout();

    public static string ChartFolder { get; } = Path.Combine(Checkout, "charts", "node-dns-webhook");

    /// <summary>The folder of the test project that runs.</summary>
    private static readonly string s_suite = Path.Combine(Checkout, "tests",
        Path.GetRelativePath(Path.Combine(Checkout, "tests"), AppContext.BaseDirectory).Split(Path.DirectorySeparatorChar)[0]);

    private static readonly ConcurrentDictionary<string, (string? Path, string Reason)> s_found = new();

    /// <summary>A program of ours, by the folder of its project in src: that of the folder TEST_PROGRAMS, relative to the checkout
    /// (<c>make test</c>: what is published, compiled ahead of time), else the one that was built beside the tests.</summary>
    public static string Ours(string project, string name) =>
        Environment.GetEnvironmentVariable("TEST_PROGRAMS") is { Length: > 0 } folder
            ? Path.Combine(Checkout, folder, name)
            : Path.Combine(Checkout, "src", project, Path.GetRelativePath(s_suite, AppContext.BaseDirectory), name);

    public static Tool Run(string program, params string[] arguments) => RunWith("", program, arguments);

    /// <summary>Runs a program with text on its standard input.</summary>
    /// <exception cref="TimeoutException">It had not ended after ten minutes, or something it started kept its output open.</exception>
    public static Tool RunWith(string input, string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(s_limit) || !Task.WaitAll([output, error], s_limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} has not ended after {s_limit}");
        }

        return new Tool(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Starts a program, all three streams redirected, in the checkout.</summary>
    public static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Checkout,
        }) ?? throw new InvalidOperationException($"{program} did not start");

    /// <summary>The first line that a started program prints, while it goes on: that it is ready, and where.</summary>
    /// <exception cref="InvalidOperationException">It ended without a line; the message is what it said on standard error.</exception>
    /// <exception cref="TimeoutException">It has printed nothing.</exception>
    public static string FirstLine(Process process, TimeSpan? limit = null)
    {
        var line = process.StandardOutput.ReadLineAsync();
        if (!line.Wait(limit ?? s_readyLimit))
        {
            throw new TimeoutException($"{string.Join(' ', [process.StartInfo.FileName, .. process.StartInfo.ArgumentList])} goes on and has printed nothing");
        }

        // Standard error ends when the program does: whoever reads it to its end before the line has come waits for ever.
        return line.Result ?? throw new InvalidOperationException(process.StandardError.ReadToEnd());
    }

    /// <summary>The path of a tool as eng/tool finds it, or null and a reason.</summary>
    public static (string? Path, string Reason) Find(string name) => s_found.GetOrAdd(name, wanted =>
    {
        var found = Run(Path.Combine(Checkout, "eng", "tool"), wanted);
        return found.ExitCode == 0 ? (found.Output.Trim(), "") : (null, found.Error.Trim());
    });

    private static string FindCheckout()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NodeDnsWebhook.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("these tests run inside a checkout");
    }
}
