using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace NodeDns.Guard.Node;

/// <summary>Rules in the host's own chains, made with the iptables programs. Used where the kernel has no nf_tables,
/// and for ACCEPT rules, which would have no effect in a table of ours.</summary>
internal static class Iptables
{
    /// <summary>The comments of node-cache's rules start with this.</summary>
    public const string NodeCacheComment = "NodeLocal DNS Cache:";

    /// <summary>The comment of all our rules.</summary>
    public const string OwnComment = Link.OwnAlias;

    /// <summary>iptables' exit code when it could not get its lock in time.</summary>
    private const int ResourceProblem = 4;

    private static readonly string[] s_rawChains = ["PREROUTING", "OUTPUT"];
    private static readonly string[] s_filterChains = ["INPUT", "OUTPUT"];

    /// <summary>Finds a program on the PATH; null when there is none.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH")
        ?? "/usr/sbin:/sbin:/usr/bin:/bin")
        .Split(':')
        .Select(directory => Path.Combine(directory, program))
        .FirstOrDefault(File.Exists);

    /// <summary>Adds the rules that are missing and removes those of ours that are not wanted: NOTRACK in raw, or
    /// ACCEPT in filter.</summary>
    /// <param name="serving">Addresses at which queries are answered here.</param>
    /// <param name="answering">Addresses that replies leave from, some of them only for a while longer. If conntrack
    /// saw such a reply, its entry would keep sending that client port's queries to this node.</param>
    /// <param name="families">The families whose chains are checked.</param>
    /// <param name="legacy">The kernel has no nf_tables, which today's iptables needs. Then iptables-legacy is called,
    /// if it is installed.</param>
    /// <param name="changes">Receives a description of each change.</param>
    /// <exception cref="IptablesException">The program is missing or failed.</exception>
    public static void Ensure(
        IReadOnlyCollection<IPAddress> serving, IReadOnlyCollection<IPAddress> answering, IEnumerable<AddressFamily> families,
        int port, bool notrack, bool legacy, Action<string> changes)
    {
        foreach (var family in families)
        {
            var program = Program(family, legacy);
            var table = notrack ? "raw" : "filter";
            var wanted = answering.Where(a => a.AddressFamily == family).SelectMany(a => Rules(a, port, notrack))
                .Where(r => r.IsReply || serving.Contains(r.Address)).ToList();
            var present = (notrack ? s_rawChains : s_filterChains).SelectMany(chain => OwnRules(program, table, chain)).ToList();
            // Add the rules for replies first and remove them last, because a reply that conntrack sees binds its
            // client's port to this node.
            foreach (var rule in wanted.Where(r => !present.Exists(p => p.Rule == r)).OrderByDescending(r => r.IsReply))
            {
                RunOrThrow(program, ["-w", "5", "-t", table, "-I", rule.Chain, .. rule.Words(notrack)]);
                changes($"{program} -t {table} -I {rule.Chain} {string.Join(' ', rule.Words(notrack))}");
            }
            foreach (var (line, _) in present.Where(p => !wanted.Contains(p.Rule)).OrderBy(p => p.Rule.IsReply))
            {
                RunOrThrow(program, ["-w", "5", "-t", table, "-D", .. Split(line[3..])]);
                changes($"{program} -t {table} -D {line[3..]}");
            }
        }
    }

    /// <summary>Removes the rules that have this comment from one table, with one of the iptables programs.</summary>
    /// <returns>The program failed. iptables-legacy also needs CAP_NET_RAW.</returns>
    /// <exception cref="IptablesException">The program failed; iptables-legacy also needs
    /// CAP_NET_RAW.</exception>
    public static int Remove(string program, string table, string comment)
    {
        var removed = 0;
        foreach (var line in RunOrThrow(program, ["-w", "5", "-t", table, "-S"]).Split('\n'))
        {
            if (line.StartsWith("-A ", StringComparison.Ordinal) && line.Contains(comment, StringComparison.Ordinal))
            {
                RunOrThrow(program, ["-w", "5", "-t", table, "-D", .. Split(line[3..])]);
                removed++;
            }
        }
        return removed;
    }

    private static string Program(AddressFamily family, bool legacy)
    {
        var program = family == AddressFamily.InterNetworkV6 ? "ip6tables" : "iptables";
        return legacy && Find($"{program}-legacy") is not null ? $"{program}-legacy" : program;
    }

    /// <summary>Our rules in a chain, as iptables -S prints them.</summary>
    private static List<(string Line, OwnRule Rule)> OwnRules(string program, string table, string chain) =>
    [
        .. RunOrThrow(program, ["-w", "5", "-t", table, "-S", chain]).Split('\n')
            .Where(line => line.StartsWith("-A ", StringComparison.Ordinal)
                && line.Contains($"\"{OwnComment}\"", StringComparison.Ordinal))
            .Select(line => (line, OwnRule.Parse(chain, Split(line)))),
    ];

    private static IEnumerable<OwnRule> Rules(IPAddress address, int port, bool notrack)
    {
        foreach (var protocol in new[] { "udp", "tcp" })
        {
            if (notrack)
            {
                yield return new OwnRule("PREROUTING", false, address, protocol, port);
                yield return new OwnRule("OUTPUT", false, address, protocol, port);
            }
            else
            {
                yield return new OwnRule("INPUT", false, address, protocol, port);
            }
            yield return new OwnRule("OUTPUT", true, address, protocol, port);
        }
    }

    /// <summary>One of our rules, with everything in which our rules differ.</summary>
    private sealed record OwnRule(string Chain, bool IsReply, IPAddress? Address, string? Protocol, int Port)
    {
        public string[] Words(bool notrack) =>
        [
            IsReply ? "-s" : "-d", $"{Address}", "-p", Protocol!, IsReply ? "--sport" : "--dport", $"{Port}",
            "-m", "comment", "--comment", OwnComment, "-j", notrack ? "NOTRACK" : "ACCEPT",
        ];

        public static OwnRule Parse(string chain, List<string> words)
        {
            var isReply = words.Contains("-s");
            return new OwnRule(
                chain, isReply,
                IPAddress.TryParse(After(isReply ? "-s" : "-d")?.Split('/')[0], out var address) ? address : null,
                After("-p"),
                int.TryParse(After(isReply ? "--sport" : "--dport"), out var port) ? port : 0);

            string? After(string word) => words.IndexOf(word) is >= 0 and var at && at + 1 < words.Count ? words[at + 1] : null;
        }
    }

    /// <summary>Splits a line of iptables -S into words and quoted texts.</summary>
    private static List<string> Split(string line) => [.. line
        .Split('"')
        .SelectMany((part, index) => index % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Runs a program and returns its standard output.</summary>
    private static string RunOrThrow(string program, IReadOnlyList<string> arguments)
    {
        var (exitCode, output) = Run(program, arguments);
        if (exitCode != 0)
        {
            throw new IptablesException(
                $"{program} {string.Join(' ', arguments)}: exit code {exitCode}: {output.Trim().ReplaceLineEndings(" ")}"
                + (exitCode == ResourceProblem ? "" : ": give the container CAP_NET_ADMIN, for iptables-legacy also CAP_NET_RAW"),
                isLocked: exitCode == ResourceProblem);
        }
        return output;
    }

    private static (int ExitCode, string Output) Run(string program, IReadOnlyList<string> arguments)
    {
        if (Find(program) is not { } path)
        {
            throw new IptablesException(
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
            throw new IptablesException($"{path} cannot be run: {failure.Message}: mend it or the image");
        }
    }
}
