using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>What is known about one label on all nodes of a kind: it has this value, it is absent, or it has none of
/// some values.</summary>
internal sealed class LabelFact
{
    private readonly Knowledge _knowledge;
    private readonly byte[][] _values;

    private LabelFact(Knowledge knowledge, string key, string[] values)
    {
        _knowledge = knowledge;
        Key = System.Text.Encoding.UTF8.GetBytes(key);
        _values = [.. values.Select(System.Text.Encoding.UTF8.GetBytes)];
    }

    private enum Knowledge
    {
        Is,
        IsAbsent,
        IsNeither,
    }

    public byte[] Key { get; }

    public static LabelFact Is(string key, string value) => new(Knowledge.Is, key, [value]);

    public static LabelFact IsAbsent(string key) => new(Knowledge.IsAbsent, key, []);

    public static LabelFact IsNeither(string key, params string[] values) => new(Knowledge.IsNeither, key, values);

    /// <summary>True when such a node may have the value that a nodeSelector asks for.</summary>
    public bool AllowsValue(JsonElement value) => _knowledge switch
    {
        Knowledge.Is => Contains(value),
        Knowledge.IsAbsent => false,
        _ => !Contains(value),
    };

    /// <summary>True when such a node may match an expression (NodeSelectorRequirement) for this key. When that cannot
    /// be known, the result is true.</summary>
    public bool Allows(JsonElement expression)
    {
        var values = expression.Member("values"u8);
        return (expression.Text("operator"u8), _knowledge) switch
        {
            ("In", _) => values.Items.Any(AllowsValue),
            ("NotIn", Knowledge.Is) => !values.Items.Any(Contains),
            ("Exists", Knowledge.IsAbsent) => false,
            ("DoesNotExist", Knowledge.Is) => false,
            // Gt and Lt compare numbers, and none of the known values is a number.
            ("Gt" or "Lt", not Knowledge.IsNeither) => false,
            _ => true,
        };
    }

    private bool Contains(JsonElement value)
    {
        foreach (var known in _values)
        {
            if (value.Is(known))
            {
                return true;
            }
        }
        return false;
    }
}
