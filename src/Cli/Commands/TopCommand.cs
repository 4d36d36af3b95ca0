using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Printing;
using NodeDns.Cli.Tracing;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Commands;

/// <summary><c>top</c>: shows which pods ask most.</summary>
internal static class TopCommand
{
    private const string Description =
        """
        Shows which pods ask the node cache most, in lookups a second: all, those that waited for an upstream server, those
        answered NXDOMAIN and those that failed. It reads each cache's metrics twice, and those of clients that are answered
        from memory are samples. At most 64 clients of a node are counted by themselves.
        """;

    public const string Usual = "5s";

    public static Command Create(GlobalOptions options)
    {
        var node = GlobalOptions.Text("--node", "NAME", "Of this node only");
        var period = GlobalOptions.Text("--for", "TIME", $"How long to count; {Usual} is the default");
        var sort = GlobalOptions.Text("--sort", "queries|misses|nxdomain|failures", "Which pods come first; queries is the default");
        sort.CompletionSources.Add("queries", "misses", "nxdomain", "failures");
        var limit = new Option<int>("--limit") { Description = "How many pods; 20 is the default", DefaultValueFactory = _ => 20, HelpName = "N" };
        var output = new OutputOptions("table", "json", "yaml");
        var command = new Command("top", Description) { options.Namespace, node, period, sort, limit, output.Format, output.NoHeaders };
        command.SetAction((parse, cancel) => Session.RunAsync(parse, options, session =>
        {
            Func<TopTalker, double> by = RolloutCommand.OneOf(
                sort.Name, parse.GetValue(sort) ?? "queries", "queries", "misses", "nxdomain", "failures") switch
            {
                "misses" => talker => talker.Misses,
                "nxdomain" => talker => talker.NxDomain,
                "failures" => talker => talker.Failures,
                _ => talker => talker.Queries,
            };
            return RunAsync(
                session, parse.GetValue(options.Namespace), parse.GetValue(node), FlagTime.Parse(period.Name, parse.GetValue(period) ?? Usual), by,
                parse.GetValue(limit), output.Read(parse), !parse.GetValue(output.NoHeaders));
        }, cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        Session session, string? @namespace, string? node, TimeSpan period, Func<TopTalker, double> by, int limit, OutputFormat format, bool headings)
    {
        var unknown = new Unknowns();
        var rows = await session.Screen.WhileAsync("counting", () => ReadAsync(session.Api, @namespace, node, period, unknown, session.Cancel));
        var first = rows.OrderByDescending(row => by(row.Talker)).ThenBy(row => row.Pod, StringComparer.Ordinal).Take(limit).ToList();
        if (format == OutputFormat.Table)
        {
            var table = new TextTable(["POD", "NODE", "QUERIES/S", "MISSES/S", "NXDOMAIN/S", "FAILURES/S"], headings);
            foreach (var (pod, talker) in first)
            {
                table.Add(pod, talker.Node, Number(talker.Queries), Number(talker.Misses), Number(talker.NxDomain), Number(talker.Failures));
            }

            session.Screen.Write(table);
        }
        else
        {
            Document.Write(session.Screen.Out, format, writer => Write(writer, first, unknown));
        }

        session.Say(unknown);
        return unknown.Parts.Count > 0 ? ExitCode.CouldNotTell : ExitCode.Nothing;
    }

    /// <summary>The clients that ask, with their pods.</summary>
    /// <param name="namespace">Pods of this namespace only; null for all clients.</param>
    /// <param name="node">null for all nodes.</param>
    /// <param name="period">How long to count.</param>
    /// <param name="unknown">Receives what is missing.</param>
    /// <exception cref="ClusterException">Nothing could be read.</exception>
    public static async Task<IReadOnlyList<(string Pod, TopTalker Talker)>> ReadAsync(
        ApiClient api, string? @namespace, string? node, TimeSpan period, Unknowns unknown, CancellationToken cancel)
    {
        var release = await new ReleaseFinder(api).FindAsync(cancel);
        var lists = new ListReader(api);
        var ofNode = node is null ? "" : "fieldSelector=spec.nodeName%3D" + Uri.EscapeDataString(node);
        var caches = new Dictionary<string, JsonElement>();
        await lists.ReadAsync(ApiPath.Pods.In(release.Namespace).With(Release.CacheSelector, ofNode), ListReader.Whole, pod =>
        {
            if (pod.Member("spec"u8).Text("nodeName"u8) is { } name && ObjectView.IsReady(pod))
            {
                caches[name] = pod.Clone();
            }
        }, cancel);
        if (node is not null && caches.Count == 0)
        {
            throw new ClusterException($"node {node}: there is no running pod of the cache on it");
        }

        var pods = new PodBook(_ => true);
        await unknown.TryAsync("which pods have these addresses", () => lists.ReadAsync(
            ApiPath.Pods.In(@namespace).With(ofNode), ListReader.Whole, pod => pods.Note("ADDED", pod), cancel));
        var talkers = await TopTalker.ReadAsync(api, release, caches, period, unknown, cancel);
        return [.. talkers.Where(talker => @namespace is null || pods.Wants(talker.Client))
            .Where(talker => talker.Queries + talker.Misses > 0)
            .Select(talker => (pods.NameOf(talker.Client) ?? (talker.Client == TopTalker.Other ? "(all others)" : talker.Client), talker))];
    }

    public static void Write(Utf8JsonWriter writer, IEnumerable<(string Pod, TopTalker Talker)> rows, Unknowns unknown)
    {
        writer.WriteStartObject();
        writer.WriteString("apiVersion", "nodedns.io/v1");
        writer.WriteString("kind", "TopTalkers");
        writer.WriteStartArray("clients");
        foreach (var (pod, talker) in rows)
        {
            writer.WriteStartObject();
            writer.WriteString("pod", pod);
            writer.WriteString("address", talker.Client);
            writer.WriteString("node", talker.Node);
            writer.WriteNumber("queries", talker.Queries);
            writer.WriteNumber("misses", talker.Misses);
            writer.WriteNumber("nxdomain", talker.NxDomain);
            writer.WriteNumber("failures", talker.Failures);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        ReportJson.WriteTexts(writer, "unknown", unknown.Parts);
        writer.WriteEndObject();
    }

    private static string Number(double rate) => rate.ToString("0.0", CultureInfo.InvariantCulture);
}
