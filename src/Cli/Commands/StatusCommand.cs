using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Printing;
using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Commands;

/// <summary><c>status</c>: shows on one screen how the node cache works.</summary>
internal static class StatusCommand
{
    /// <summary>How many nodes are asked at most. More would not change the ratios much, and each needs three
    /// connections.</summary>
    private const int AskedNodes = 50;

    private const string Description =
        """
        Shows on one screen how the node cache does: nodes that serve, the share of queries that are answered from memory, what
        was relayed to cluster DNS while a cache was away, failures, and the share of pods that use it. Counts are since each
        cache started; of more than 50 nodes, 50 are asked for theirs.
        """;

    public static Command Create(GlobalOptions options)
    {
        var output = new OutputOptions("table", "json", "yaml");
        var command = new Command("status", Description) { output.Format };
        command.SetAction((parse, cancel) => Session.RunAsync(parse, options, session => RunAsync(session, output.Read(parse)), cancel));
        return command;
    }

    /// <summary>The caches that are asked for their pages.</summary>
    public static IEnumerable<KeyValuePair<string, JsonElement>> Asked(NodeSurvey nodes) =>
        nodes.Pods.OrderBy(one => one.Key, StringComparer.Ordinal).Take(AskedNodes);

    private static async Task<int> RunAsync(Session session, OutputFormat format)
    {
        var (survey, pages) = await session.Screen.WhileAsync("asking the nodes", () => AskAsync(session));
        var rows = Rows(survey, pages);
        if (format == OutputFormat.Table)
        {
            var table = new TextTable(["", ""], headings: false);
            foreach (var (name, text, _) in rows)
            {
                table.Add(name, text);
            }

            session.Screen.Write(table);
        }
        else
        {
            Document.Write(session.Screen.Out, format, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("apiVersion", "nodedns.io/v1");
                writer.WriteString("kind", "Status");
                foreach (var (name, _, value) in rows.Where(row => row.Value is not null))
                {
                    writer.WriteNumber(name.Replace(' ', '-'), value!.Value);
                }

                NodesJson.WriteNodes(writer, survey.Nodes, pages);
                writer.WriteEndObject();
            });
        }

        session.Say(survey.Unknown);
        return survey.Unknown.Parts.Count > 0 ? ExitCode.CouldNotTell
            : survey.Nodes.Troubles.Count > 0 ? ExitCode.Findings
            : ExitCode.Nothing;
    }

    private static async Task<(Survey Survey, IReadOnlyList<NodePages> Pages)> AskAsync(Session session)
    {
        var survey = await Survey.TakeAsync(session.Api, new Scope(null), session.Cancel, withPages: true);
        return survey.Release is { Cache.ValueKind: JsonValueKind.Object } release
            ? (survey, await NodePages.ReadAllAsync(
                session.Api, release, Asked(survey.Nodes), survey.Unknown, session.Cancel))
            : (survey, []);
    }

    private static List<(string Name, string Text, double? Value)> Rows(Survey survey, IReadOnlyList<NodePages> pages)
    {
        var total = survey.Total();
        var queries = pages.Sum(page => page.Cache?.Sum("coredns_cache_requests_total") ?? 0);
        var hits = pages.Sum(page => page.Cache?.Sum("coredns_cache_hits_total") ?? 0);
        var failures = pages.Sum(page => page.Cache?.Sum("coredns_dns_responses_total", "rcode=\"SERVFAIL\"") ?? 0);
        var relayed = pages.Sum(page => page.Guard.Sum("nodedns_guard_relayed_queries_total"));
        var relaying = pages.Count(page => page.Guard.Sum("nodedns_guard_relaying") > 0);
        var moved = total.OnCache + total.Returning;
        return
        [
            ("release", survey.Release is { } release ? $"{release.Name} in namespace {release.Namespace}, version {release.Version}" : "unknown", null),
            ("nodes serving", $"{survey.Nodes.Ready} of {survey.Nodes.Wanted}", survey.Nodes.Ready),
            ("nodes wanted", $"{survey.Nodes.Wanted}", survey.Nodes.Wanted),
            ("nodes asked", $"{pages.Count}", pages.Count),
            ("queries", Number(queries), queries),
            ("answered from memory", Share(hits, queries), hits),
            ("relayed to cluster DNS", $"{Number(relayed)}; {relaying} nodes relay now", relayed),
            ("failures", $"{Number(failures)} ({Share(failures, queries)})", failures),
            ("pods", $"{total.Pods}", total.Pods),
            ("pods on the cache", $"{moved} ({Share(moved, total.Pods)})", moved),
            ("pods pending", $"{total.Pending}", total.Pending),
        ];
    }

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Share(double part, double all) =>
        all == 0 ? "0 %" : (100 * part / all).ToString("0.#", CultureInfo.InvariantCulture) + " %";
}
