using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Tracing;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Commands;

/// <summary>What the console's page asks for. Each answer is what a command writes with <c>-o json</c>, from the same code; a
/// failure is <c>{"error": ..., "remedy": ...}</c>, and concerns that part of the page alone.</summary>
/// <param name="api">The API server, as the user.</param>
/// <param name="namespace">The only namespace; null for all.</param>
/// <param name="stop">Cancelled by Ctrl-C: every node is detached from.</param>
internal sealed class ConsoleAnswers(ApiClient api, string? @namespace, CancellationToken stop)
{
    private static readonly string[] s_filters = ["name", "type", "rcode", "slower", "from"];

    public IReadOnlyDictionary<string, Func<HttpContext, Task>> All => new Dictionary<string, Func<HttpContext, Task>>
    {
        ["api/about"] = context => AnswerAsync(context, AboutAsync),
        ["api/report"] = context => AnswerAsync(context, ReportAsync),
        ["api/nodes"] = context => AnswerAsync(context, NodesAsync),
        ["api/top"] = context => AnswerAsync(context, TopAsync),
        ["api/trace"] = context => AnswerAsync(context, TraceAsync),
    };

    private Task AboutAsync(HttpContext context, CancellationToken cancel) => WriteAsync(context, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("server", api.Connection.Server.ToString());
        writer.WriteString("origin", api.Connection.Origin);
        writer.WriteString("namespace", @namespace);
        writer.WriteString("version", InjectionStatus.Version);
        writer.WriteEndObject();
    }, cancel);

    private async Task ReportAsync(HttpContext context, CancellationToken cancel)
    {
        var survey = await Survey.TakeAsync(api, new Scope(@namespace), cancel);
        await WriteAsync(context, writer => ReportJson.Write(writer, survey), cancel);
    }

    private async Task NodesAsync(HttpContext context, CancellationToken cancel)
    {
        var release = await new ReleaseFinder(api).FindAsync(cancel);
        var survey = await NodeSurvey.TakeAsync(api, release, cancel, keep: true);
        var unknown = new Unknowns();
        var only = Query(context, "node");
        var pages = await NodePages.ReadAllAsync(
            api, release, StatusCommand.Asked(survey).Where(pod => only is null || pod.Key == only), unknown, cancel);
        await WriteAsync(context, writer => NodesJson.Write(writer, survey, pages, unknown), cancel);
    }

    private async Task TopAsync(HttpContext context, CancellationToken cancel)
    {
        var unknown = new Unknowns();
        var period = FlagTime.Parse("for", Query(context, "for") ?? TopCommand.Usual);
        var rows = await TopCommand.ReadAsync(api, @namespace, Query(context, "node"), period, unknown, cancel);
        await WriteAsync(context, writer => TopCommand.Write(writer, rows.OrderByDescending(row => row.Talker.Queries), unknown), cancel);
    }

    /// <summary>Lookups as server-sent events, each a line of <c>trace -o json</c>; <c>trouble</c> events have a
    /// sentence.</summary>
    private async Task TraceAsync(HttpContext context, CancellationToken cancel)
    {
        var asked = Query(context, "namespace") ?? @namespace;
        var named = Query(context, "pod") ?? "";
        if (named.Length > 0 && asked is null)
        {
            throw new UsageException($"{named}: name its namespace too");
        }

        var release = await new ReleaseFinder(api).FindAsync(cancel);
        var target = await TraceTarget.FindAsync(api, named, asked, Query(context, "node"), cancel);
        var filter = s_filters.Where(name => Query(context, name) is not null).SelectMany(name => new[] { "--" + name, Query(context, name)! }).ToList();
        context.Response.ContentType = "text/event-stream";
        var events = new ConcurrentQueue<string>();
        await TraceRun.RunAsync(
            api, release, target, filter, sentence => events.Enqueue(Event("trouble", sentence)), () => events.Enqueue(Event("reading", "")), WriteAllAsync, null, cancel);

        async Task<bool> WriteAllAsync(IReadOnlyList<(Lookup Lookup, string? Pod)> lookups)
        {
            var text = new StringBuilder();
            while (events.TryDequeue(out var one))
            {
                text.Append(one);
            }

            foreach (var (lookup, pod) in lookups)
            {
                text.Append(Event("lookup", TraceText.Json(lookup, pod)));
            }

            if (text.Length > 0)
            {
                await context.Response.WriteAsync(text.ToString(), cancel);
            }

            return true;
        }
    }

    private async Task AnswerAsync(HttpContext context, Func<HttpContext, CancellationToken, Task> answer)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop, context.RequestAborted);
        try
        {
            await answer(context, cancel.Token);
        }
        catch (ClusterException e)
        {
            await RefuseAsync(context, StatusCodes.Status502BadGateway, e.Message, e.Remedy, cancel.Token);
        }
        catch (UsageException e)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, e.Message, null, cancel.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The page was closed, or Ctrl-C.
        }
    }

    private static async Task RefuseAsync(HttpContext context, int status, string sentence, string? remedy, CancellationToken cancel)
    {
        if (context.Response.HasStarted)
        {
            await context.Response.WriteAsync(Event("trouble", sentence), cancel);
            return;
        }

        context.Response.StatusCode = status;
        await WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("error", sentence);
            writer.WriteString("remedy", remedy);
            writer.WriteEndObject();
        }, cancel);
    }

    private static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write, CancellationToken cancel)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(buffer.WrittenMemory, cancel);
    }

    private static string Event(string kind, string line) => $"event: {kind}\ndata: {line.ReplaceLineEndings(" ")}\n\n";

    /// <returns>null when it is empty or not given.</returns>
    private static string? Query(HttpContext context, string name) =>
        context.Request.Query[name].ToString() is { Length: > 0 } value ? value : null;
}
