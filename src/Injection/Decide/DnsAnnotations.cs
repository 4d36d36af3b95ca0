using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>The <c>nodedns.io/</c> annotations of a pod or a namespace. An invalid annotation is ignored with a
/// warning, and never costs a pod its DNS.</summary>
internal sealed class DnsAnnotations
{
    public const string Prefix = "nodedns.io/";
    public const string Status = Prefix + "status";

    public static readonly DnsAnnotations None = new();

    /// <summary>One option for each name. An annotation for a single option takes precedence over the list in
    /// <c>options</c>.</summary>
    public List<ResolverOption> Options { get; } = [];

    public List<string> Searches { get; } = [];

    public Fallback? Fallback { get; private set; }

    /// <summary><c>nodedns.io/inject</c>: true for enabled, false for disabled, null when not set.</summary>
    public bool? Inject { get; private set; }

    /// <summary><c>nodedns.io/percent</c>. On namespaces only.</summary>
    public int? Percent { get; private set; }

    /// <summary>True when there are no such annotations, valid or not.</summary>
    public bool IsEmpty => ReferenceEquals(this, None);

    /// <param name="annotations">An object, or absent.</param>
    /// <param name="model">Which options annotations may set, and the rules for search domains.</param>
    /// <param name="onNamespace">The annotations are those of a namespace.</param>
    /// <param name="warnings">Receives one line for each annotation that is ignored.</param>
    public static DnsAnnotations Read(JsonElement annotations, DnsModel model, bool onNamespace, Warnings warnings)
    {
        SortedDictionary<string, string>? ours = null;
        foreach (var annotation in annotations.Members)
        {
            if (!JsonMarshal.GetRawUtf8PropertyName(annotation).StartsWith("nodedns.io/"u8) || annotation.Name == Status)
            {
                continue;
            }

            ours ??= new SortedDictionary<string, string>(StringComparer.Ordinal);
            ours[annotation.Name[Prefix.Length..]] = annotation.Value.AsText ?? "";
        }
        if (ours is null)
        {
            return None;
        }

        var read = new DnsAnnotations();
        read.Apply(ours, model, onNamespace, warnings);
        return read;
    }

    private void Apply(
        SortedDictionary<string, string> ours, DnsModel model, bool onNamespace, Warnings warnings)
    {
        // The order gives the precedence: an annotation for a single option replaces one from the list.
        if (ours.TryGetValue("options", out var list))
        {
            ReadOptions(list, model, warnings);
        }

        foreach ((var name, var value) in ours)
        {
            var problem = name switch
            {
                "options" => null,
                "ndots" or "timeout" or "attempts" => ReadNumber(name, value, model),
                "use-vc" or "single-request-reopen" => ReadFlag(name, value, model),
                "searches" => ReadSearches(value, model, warnings),
                "fallback" => ReadFallback(value),
                "inject" => ReadInject(value),
                "percent" => onNamespace ? ReadPercent(value) : "only namespaces have it",
                _ => "no such annotation",
            };
            if (problem is not null)
            {
                warnings.Add($"{Prefix}{Shown(name)}: {Warnings.Quote(value)} ignored: {problem}");
            }
        }
    }

    private void ReadOptions(string text, DnsModel model, Warnings warnings)
    {
        var options = new List<ResolverOption>();
        if (!ResolverOption.TryParseList(text, options, out var wrong))
        {
            warnings.Add($"{Prefix}options: {Warnings.Quote(wrong)} ignored, with the rest: expected name[:value],…");
            return;
        }
        foreach (var option in options)
        {
            var problem = NotAllowed(option.Name, model) ?? KnownOptions.Problem(option.Name, option.Value);
            if (problem is null)
            {
                Set(option);
            }
            else
            {
                warnings.Add($"{Prefix}options: {Warnings.Quote(option.ToString())} ignored: {problem}");
            }
        }
    }

    private string? ReadNumber(string name, string value, DnsModel model)
    {
        var problem = NotAllowed(name, model) ?? KnownOptions.Problem(name, value);
        if (problem is null)
        {
            Set(new ResolverOption(name, value));
        }

        return problem;
    }

    private string? ReadFlag(string name, string value, DnsModel model)
    {
        if (NotAllowed(name, model) is { } problem)
        {
            return problem;
        }

        if (value is not ("true" or "false"))
        {
            return "expected true or false";
        }

        Set(new ResolverOption(name, null) { Removed = value == "false" });
        return null;
    }

    /// <summary>Stores an option. However long an annotation is, only one option of each name is kept, and numbers lose
    /// their leading zeros.</summary>
    private void Set(ResolverOption option)
    {
        Options.RemoveAll(other => other.Name == option.Name);
        var isNumber = KnownOptions.TryGetRange(option.Name, out _, out _);
        Options.Add(isNumber ? option with { Value = option.Value!.TrimStart('0') is { Length: > 0 } n ? n : "0" } : option);
    }

    private string? ReadSearches(string value, DnsModel model, Warnings warnings)
    {
        foreach (var search in value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            if (Searches.Count == model.Limits.MaxSearches)
            {
                warnings.Add($"{Prefix}searches: {Warnings.Quote(search)} and what follows ignored: "
                    + $"at most {model.Limits.MaxSearches} search domains");
                break;
            }
            if (ApiLimits.IsSearchDomain(search, model.Limits.AllowUnderscores))
            {
                Searches.Add(search);
            }
            else
            {
                warnings.Add($"{Prefix}searches: {Warnings.Quote(search)} ignored: expected a lower-case domain name");
            }
        }
        return null;
    }

    private string? ReadFallback(string value)
    {
        Fallback = value switch
        {
            "cluster-dns" => Decide.Fallback.ClusterDns,
            "none" => Decide.Fallback.None,
            _ => null,
        };
        return Fallback is null ? "expected cluster-dns or none" : null;
    }

    private string? ReadInject(string value)
    {
        Inject = InjectValue(value);
        return Inject is null ? "expected enabled or disabled" : null;
    }

    private string? ReadPercent(string value)
    {
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) || percent > 100)
        {
            return "expected 0 to 100";
        }

        Percent = percent;
        return null;
    }

    /// <summary>Parses the values of the label and the annotation <c>inject</c>.</summary>
    public static bool? InjectValue(string? value) => value switch
    {
        "enabled" => true,
        "disabled" => false,
        _ => null,
    };

    private static string? NotAllowed(string name, DnsModel model) =>
        model.AllowedOptions.Contains(name) ? null : "not an allowed option";

    /// <summary>Shortens an annotation's name, which the API server allows to be 63 characters long.</summary>
    private static string Shown(string name) => name.Length <= 40 ? name : name[..40] + "…";
}
