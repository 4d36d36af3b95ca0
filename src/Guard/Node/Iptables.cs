using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace NodeDns.Guard.Node;

/// <summary>Rules in the host's own chains, by way of the iptables programs: where the kernel has no nf_tables, and for
/// what cannot live in a table of ours (ACCEPT).</summary>
internal static class Iptables
{
    /// <summary>Every rule of node-cache carries a comment that begins so.</summary>
    public const string NodeCacheComment = "NodeLocal DNS Cache:";

    private const string OwnComment = "node-dns-cache guard";

    /// <summary>Finds a program on the path, or null.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH")
        ?? "/usr/sbin:/sbin:/usr/bin:/bin")
        .Split(':')
        .Select(directory => Path.Combine(directory, program))
        .FirstOrDefault(File.Exists);

    /// <summary>Adds what is missing: NOTRACK in raw, or ACCEPT in filter.</summary>
    /// <param name="legacy">The kernel has no nf_tables, which iptables itself needs today: where there is an
    /// iptables-legacy, that one is called.</param>
    /// <returns>What was changed, in words.</returns>
    /// <exception cref="InvalidOperationException">There is no such program, or it failed.</exception>
    public static List<string> Ensure(IEnumerable<IPAddress> addresses, int port, bool notrack, bool legacy)
    {
        var changes = new List<string>();
        foreach (var address in addresses)
        {
            foreach (var rule in Rules(address, port, notrack))
            {
                var program = Program(address, legacy);
                if (Run(program, ["-w", "5", "-t", rule[0], "-C", .. rule[1..]]).ExitCode != 0)
                {
                    RunOrThrow(program, ["-w", "5", "-t", rule[0], "-I", .. rule[1..]]);
                    changes.Add($"{program} -t {rule[0]} -I {string.Join(' ', rule[1..])}");
                }
            }
        }
        return changes;
    }

    /// <summary>Removes what <see cref="Ensure"/> added.</summary>
    public static void Remove(IEnumerable<IPAddress> addresses, int port, bool notrack, bool legacy)
    {
        foreach (var address in addresses.Where(a => Find(Program(a, legacy)) is not null))
        {
            foreach (var rule in Rules(address, port, notrack))
            {
                Run(Program(address, legacy), ["-w", "5", "-t", rule[0], "-D", .. rule[1..]]);
            }
        }
    }

    /// <summary>Removes node-cache's rules from a table of one of the iptables programs.</summary>
    /// <returns>How many were removed.</returns>
    /// <exception cref="InvalidOperationException">The program failed; iptables-legacy also needs
    /// CAP_NET_RAW.</exception>
    public static int RemoveNodeCache(string program, string table)
    {
        var removed = 0;
        foreach (var line in RunOrThrow(program, ["-w", "5", "-t", table, "-S"]).Split('\n'))
        {
            if (line.StartsWith("-A ", StringComparison.Ordinal) && line.Contains(NodeCacheComment,
                StringComparison.Ordinal))
            {
                RunOrThrow(program, ["-w", "5", "-t", table, "-D", .. Split(line[3..])]);
                removed++;
            }
        }
        return removed;
    }

    private static string Program(IPAddress address, bool legacy)
    {
        var program = address.AddressFamily == AddressFamily.InterNetworkV6 ? "ip6tables" : "iptables";
        return legacy && Find($"{program}-legacy") is not null ? $"{program}-legacy" : program;
    }

    private static IEnumerable<string[]> Rules(IPAddress address, int port, bool notrack)
    {
        foreach (var protocol in new[] { "udp", "tcp" })
        {
            string[] to = ["-d", $"{address}", "-p", protocol, "--dport", $"{port}"];
            string[] from = ["-s", $"{address}", "-p", protocol, "--sport", $"{port}"];
            string[] target = ["-m", "comment", "--comment", OwnComment, "-j", notrack ? "NOTRACK" : "ACCEPT"];
            if (notrack)
            {
                yield return ["raw", "PREROUTING", .. to, .. target];
                yield return ["raw", "OUTPUT", .. from, .. target];
                yield return ["raw", "OUTPUT", .. to, .. target];
            }
            else
            {
                yield return ["filter", "INPUT", .. to, .. target];
                yield return ["filter", "OUTPUT", .. from, .. target];
            }
        }
    }

    /// <summary>Splits a line of -S: words, and texts in double quotes.</summary>
    private static List<string> Split(string line) => [.. line
        .Split('"')
        .SelectMany((part, index) => index % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Returns what it has printed.</summary>
    private static string RunOrThrow(string program, IReadOnlyList<string> arguments)
    {
        var (exitCode, output) = Run(program, arguments);
        if (exitCode != 0)
        {
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)}: exit code {exitCode}: {output.Trim().ReplaceLineEndings(" ")}"
                + (output.Contains("Permission denied", StringComparison.Ordinal)
                    ? ": give the container CAP_NET_ADMIN, for iptables-legacy also CAP_NET_RAW" : ""));
        }
        return output;
    }

    private static (int ExitCode, string Output) Run(string program, IReadOnlyList<string> arguments)
    {
        if (Find(program) is not { } path)
        {
            throw new InvalidOperationException(
                $"{program} is not in this image: put it there, or use --rules nftables and --host-accept auto");
        }
        try
        {
            using var process = Process.Start(new ProcessStartInfo(path, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.Result);
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new InvalidOperationException($"{path} cannot be run: {failure.Message}: mend it or the image");
        }
    }
}
