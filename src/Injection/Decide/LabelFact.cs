using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>What is known of one label on all nodes of a kind: that it is there with this value, that it is not there,
/// or that it has, if any, none of some values.</summary>
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

    /// <summary>Whether a node of which this is known may have the value that a nodeSelector asks for.</summary>
    public bool AllowsValue(JsonElement value) => _knowledge switch
    {
        Knowledge.Is => Contains(value),
        Knowledge.IsAbsent => false,
        _ => !Contains(value),
    };

    /// <summary>Whether such a node may match an expression (a NodeSelectorRequirement) over this key. What cannot be
    /// told, it may.</summary>
    public bool Allows(JsonElement expression)
    {
        var values = expression.Member("values"u8);
        return (expression.Text("operator"u8), _knowledge) switch
        {
            ("In", _) => values.Items.Any(AllowsValue),
            ("NotIn", Knowledge.Is) => !values.Items.Any(Contains),
            ("Exists", Knowledge.IsAbsent) => false,
            ("DoesNotExist", Knowledge.Is) => false,
            // Both compare numbers; none of the values known here is one.
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
