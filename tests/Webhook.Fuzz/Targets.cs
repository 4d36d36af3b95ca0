using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Endpoint;
using NodeDns.Webhook.Options;
using NodeDns.Webhook.Telemetry;

namespace NodeDns.Webhook.Fuzz;

/// <summary>What strangers write, fed to the main path without HTTP around it.</summary>
internal static class Targets
{
    internal delegate void Target(ReadOnlySpan<byte> octets);

    private static readonly string[] s_annotations =
        ["options", "searches", "ndots", "timeout", "attempts", "use-vc", "fallback", "inject", "percent", "status"];

    private static readonly ReviewMetrics s_metrics = new(new MetricRegistry(), TimeProvider.System);

    private static readonly ReviewHandler s_handler = new(
        new DnsPolicyDecider(new InjectionSettings(
            new DnsModel
            {
                LocalAddresses = ["169.254.20.10"],
                ClusterDns = ["10.96.0.10"],
                ClusterDomain = "cluster.local",
                HostSearches = ["corp.example"],
            },
            new SelectionModel())),
        _ => NamespaceSettings.Unknown,
        () => CacheState.NotProbed,
        s_metrics,
        NullLogger.Instance);

    public static Target? Named(string name) => name switch
    {
        "review" => octets => Review(octets.ToArray()),
        "annotation" => Annotation,
        "webhook-resolv-conf" => ResolvConfFile,
        _ => null,
    };

    private static void Review(byte[] body)
    {
        (var statusCode, var reply) = s_handler.Handle(body);
        ReviewPromise.Check(body, statusCode, reply);
        if (s_metrics.SkippedCount(SkipReason.InternalError) > 0)
        {
            throw new InvalidOperationException("the main path threw");
        }
    }

    /// <summary>The first octet chooses the annotation, the rest is its value.</summary>
    private static void Annotation(ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty)
        {
            return;
        }

        var name = DnsAnnotations.Prefix + s_annotations[octets[0] % s_annotations.Length];
        var review = new JsonObject
        {
            ["kind"] = "AdmissionReview",
            ["apiVersion"] = "admission.k8s.io/v1",
            ["request"] = new JsonObject
            {
                ["uid"] = "7",
                ["namespace"] = "web",
                ["operation"] = "CREATE",
                ["object"] = new JsonObject
                {
                    ["kind"] = "Pod",
                    ["metadata"] = new JsonObject
                    {
                        ["annotations"] = new JsonObject { [name] = Encoding.UTF8.GetString(octets[1..]) },
                    },
                    ["spec"] = new JsonObject(),
                },
            },
        };
        Review(Encoding.UTF8.GetBytes(review.ToJsonString()));
    }

    /// <summary>Whatever resolv.conf says, the options are good or there is an error to print.</summary>
    private static void ResolvConfFile(ReadOnlySpan<byte> octets)
    {
        var text = Encoding.UTF8.GetString(octets);
        var reader = new OptionsReader(["--tls-cert", "c", "--tls-key", "k"], _ => null);
        var options = WebhookOptionsValidator.Validate(reader, _ => text);
        if (options is null == (reader.Errors.Count == 0))
        {
            throw new InvalidOperationException($"options without an error to print, or with one: {text}");
        }

        if (options is not null && options.Injection.Dns.ClusterDns.Any(address => !ApiLimits.IsAddress(address)))
        {
            throw new InvalidOperationException($"cluster DNS is no address: {text}");
        }
    }
}
