using System.CommandLine;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Tracing;

namespace NodeDns.Cli.Commands;

/// <summary><c>trace</c>: shows lookups as they are answered on the nodes, with pods in place of addresses.</summary>
internal static class TraceCommand
{
    private const string Description =
        """
        Shows lookups as they are answered on the nodes: which pod asked for what, the answer's code, where it came from and
        how long it took. Without -f it ends after 10 seconds. Nothing is recorded while nobody looks, so it begins now.
        It reads the nodes concerned by exec into the cache's pods, and follows pods that come and go.
        """;

    private const string Usual = "10s";

    public static Command Create(GlobalOptions options)
    {
        var target = new Argument<string>("POD")
        {
            Description = "A pod, or KIND/NAME such as deployment/web; none means all pods of the namespace",
            DefaultValueFactory = _ => "",
        };
        var node = GlobalOptions.Text("--node", "NAME", "Of this node; without -n of all its clients");
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until Ctrl-C" };
        var period = GlobalOptions.Text("--for", "TIME", $"How long to look without -f; {Usual} is the default");
        var last = new Option<int>("--last") { Description = "End after so many lookups", HelpName = "N" };
        var summary = new Option<bool>("--summary") { Description = "At the end, count by pod and by name, in place of the lookups" };
        Option<string>[] filters =
        [
            GlobalOptions.Text("--name", "PATTERN", "For these names; * and ? as in a shell: *.example.com"),
            GlobalOptions.Text("--type", "TYPE", "Of this type, such as AAAA"),
            GlobalOptions.Text("--rcode", "RCODE", "With this code, such as NXDOMAIN"),
            GlobalOptions.Text("--slower", "TIME", "Answered after longer than this, such as 5ms"),
            GlobalOptions.Text("--from", "SOURCE,...", "Answered from: hit, denied, stale, cut, upstream, rule, server, relay"),
        ];
        var output = new OutputOptions("table", "wide", "json");
        var command = new Command("trace", Description)
        {
            target, options.Namespace, options.AllNamespaces, node, follow, period, last, summary, output.Format,
        };
        foreach (var filter in filters)
        {
            command.Options.Add(filter);
        }

        command.SetAction((parse, cancel) => Session.RunAsync(parse, options, session =>
        {
            var scope = options.Scope(parse, session.Api.Connection);
            var named = parse.GetValue(target) ?? "";
            var ofNode = parse.GetValue(node);
            if (named.Length > 0 && scope.Namespace is null)
            {
                throw new UsageException($"--all-namespaces and {named}: give one of them");
            }

            return RunAsync(
                session,
                cancel => TraceTarget.FindAsync(session.Api, named,
                    ofNode is not null && named.Length == 0 && parse.GetValue(options.Namespace) is null ? null : scope.Namespace, ofNode, cancel),
                [.. filters.Where(filter => parse.GetValue(filter) is not null).SelectMany(filter => new[] { filter.Name, parse.GetValue(filter)! })],
                parse.GetValue(follow) ? null : FlagTime.Parse(period.Name, parse.GetValue(period) ?? Usual),
                new TraceText(session.Screen, output.Read(parse), parse.GetValue(summary), parse.GetValue(last)));
        }, cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        Session session, Func<CancellationToken, Task<TraceTarget>> find, IReadOnlyList<string> filter, TimeSpan? period, TraceText text)
    {
        var release = await new ReleaseFinder(session.Api).FindAsync(session.Cancel);
        var isIncomplete = await TraceRun.RunAsync(
            session.Api, release, await find(session.Cancel), filter, session.Screen.Say, () => { }, Print, period, session.Cancel);
        text.Finish();
        return isIncomplete ? ExitCode.CouldNotTell : ExitCode.Nothing;

        Task<bool> Print(IReadOnlyList<(Lookup Lookup, string? Pod)> lookups)
        {
            foreach (var (lookup, pod) in lookups)
            {
                text.Write(lookup, pod);
            }

            return Task.FromResult(!text.HasEnough);
        }
    }
}
