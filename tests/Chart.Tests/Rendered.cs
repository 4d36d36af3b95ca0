using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NodeDns.Chart.Tests;

/// <summary>What helm template made of the chart, object by object.</summary>
internal sealed class Rendered
{
    private static readonly Lazy<string> s_helm = new(() =>
        Tool.Find("helm") is { Path: { } path } ? path : throw new InvalidOperationException(Tool.Find("helm").Reason));

    private Rendered(string text)
    {
        Text = text;
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        Objects = [.. stream.Documents.Select(document => ToJson(document.RootNode)).OfType<JsonObject>()];
    }

    public static string HelmProgram => s_helm.Value;

    public string Text { get; }

    public IReadOnlyList<JsonObject> Objects { get; }

    /// <summary>Renders as release "nd" in namespace "node-dns" for Kubernetes 1.36.3, cluster DNS given.</summary>
    public static Rendered With(params string[] arguments) => For("1.36.3", arguments);

    public static Rendered For(string kubernetes, params string[] arguments) =>
        Exactly(kubernetes, ["--set", "dns.clusterDNS={10.96.0.10}", .. arguments]);

    /// <summary>Renders with these arguments and nothing else.</summary>
    public static Rendered Exactly(string kubernetes, params string[] arguments)
    {
        var run = Template(kubernetes, Tool.ChartFolder, arguments);
        Assert.True(run.ExitCode == 0, run.Error);
        return new Rendered(run.Output);
    }

    /// <summary>Renders under another name of the release, cluster DNS given.</summary>
    public static Rendered OfRelease(string release)
    {
        var run = Template("1.36.3", Tool.ChartFolder, ["--set", "dns.clusterDNS={10.96.0.10}"], release);
        Assert.True(run.ExitCode == 0, run.Error);
        return new Rendered(run.Output);
    }

    /// <summary>Renders, or not.</summary>
    public static Tool Try(params string[] arguments) => Template("1.36.3", Tool.ChartFolder, arguments);

    /// <summary>What helm says when it refuses these values; it must refuse them.</summary>
    public static string Refusal(params string[] arguments) => RefusalFor("1.36.3", arguments);

    public static string RefusalFor(string kubernetes, params string[] arguments) =>
        Refused(Template(kubernetes, Tool.ChartFolder, arguments), arguments);

    public static string RefusalOf(string release, params string[] arguments) =>
        Refused(Template("1.36.3", Tool.ChartFolder, arguments, release), arguments);

    private static string Refused(Tool run, string[] arguments)
    {
        Assert.True(run.ExitCode != 0, "helm accepted " + string.Join(' ', arguments));
        Assert.DoesNotContain("nil pointer", run.Error, StringComparison.Ordinal);
        return run.Error;
    }

    public static Tool Lint(params string[] arguments) =>
        Tool.Run(s_helm.Value, ["lint", Tool.ChartFolder, "--strict", .. arguments]);

    /// <summary>Renders another chart, cluster DNS given.</summary>
    public static Rendered OfChart(string folder, params string[] arguments)
    {
        var run = Template("1.36.3", folder, ["--set", "dns.clusterDNS={10.96.0.10}", .. arguments]);
        Assert.True(run.ExitCode == 0, run.Error);
        return new Rendered(run.Output);
    }

    /// <summary>The objects that helm install --dry-run printed.</summary>
    public static Rendered OfInstall(string output) => new(output[output.IndexOf("MANIFEST:", StringComparison.Ordinal)..]
        .Split("\nNOTES:")[0].Replace("MANIFEST:", "", StringComparison.Ordinal));

    public JsonObject One(string kind, string name) => Assert.Single(Objects,
        o => (string?)o["kind"] == kind && (string?)o["metadata"]?["name"] == name);

    public IEnumerable<JsonObject> All(string kind) => Objects.Where(o => (string?)o["kind"] == kind);

    private static Tool Template(string kubernetes, string chart, string[] arguments, string release = "nd") => Tool.Run(s_helm.Value,
        ["template", release, chart, "--namespace", "node-dns", "--kube-version", kubernetes, .. arguments]);

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(pair =>
            KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, ToJson(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar.Value),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };

    private static JsonValue? Plain(string? text) => text switch
    {
        null or "" or "null" or "~" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };
}
