using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Workloads;

/// <summary>A LabelSelector of the API: all its matchLabels and matchExpressions must match.</summary>
internal sealed class LabelSelector
{
    private readonly List<(byte[] Key, string Operator, string[] Values)> _terms = [];

    /// <param name="selector">An empty or absent selector matches everything.</param>
    public LabelSelector(JsonElement selector)
    {
        foreach (var label in selector.Member("matchLabels"u8).Members)
        {
            Add(label.Name, "In", [label.Value.AsText ?? ""]);
        }

        foreach (var expression in selector.Member("matchExpressions"u8).Items)
        {
            Add(
                expression.Text("key"u8) ?? "", expression.Text("operator"u8) ?? "",
                [.. expression.Member("values"u8).Items.Select(value => value.AsText ?? "")]);
        }
    }

    /// <param name="labels">An object, or absent.</param>
    public bool Matches(JsonElement labels)
    {
        foreach (var (key, op, values) in _terms)
        {
            var value = labels.Text(key);
            var holds = op switch
            {
                "In" => value is not null && values.Contains(value),
                "NotIn" => value is null || !values.Contains(value),
                "Exists" => value is not null,
                "DoesNotExist" => value is null,
                _ => false,
            };
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }

    private void Add(string key, string op, string[] values) =>
        _terms.Add((System.Text.Encoding.UTF8.GetBytes(key), op, values));
}
