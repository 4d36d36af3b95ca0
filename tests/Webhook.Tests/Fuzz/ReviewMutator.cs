using System.Text;
using System.Text.Json.Nodes;

namespace NodeDns.Webhook.Tests.Fuzz;

/// <summary>Spoils AdmissionReviews: their bytes, or their structure while they stay JSON. The same seed gives the
/// same bytes.</summary>
internal sealed class ReviewMutator(int seed, IReadOnlyList<string> corpus)
{
    private static readonly string[] s_fragments =
    [
        "null", "[]", "{}", "true", "-0", "1e999", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "\"None\"", "\"ClusterFirst\"",
        "[[[[[[[[", "{\"a\":", ",", ":", "\"", "\\", "\u00e9", "\"169.254.20.10\"", "[null]", "[{}]", "[\"\"]",
        "{\"nameservers\":[\"169.254.20.10\"],\"searches\":null,\"options\":[{\"name\":null}]}",
        "; was {\\\"dnsPolicy\\\":\\\"ClusterFirst\\\",\\\"dnsConfig\\\":{}}", "\\\\ud800",
        "{\"nodedns.io/ndots\":\"5\",\"nodedns.io/options\":\"a:b:c,,:\",\"nodedns.io/searches\":\"..,-\"}",
    ];

    private readonly Random _random = new(seed);

    public byte[] Next()
    {
        var review = corpus[_random.Next(corpus.Count)];
        if (_random.Next(3) > 0)
        {
            review = Restructure(review);
        }

        var bytes = Encoding.UTF8.GetBytes(review);
        return _random.Next(3) == 0 ? Damage(bytes) : bytes;
    }

    private string Restructure(string review)
    {
        var root = JsonNode.Parse(review)!;
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            List<JsonNode> nodes = [.. Containers(root)];
            var node = nodes[_random.Next(nodes.Count)];
            if (node is JsonObject members)
            {
                Change(members);
            }
            else
            {
                Change((JsonArray)node);
            }
        }
        return root.ToJsonString();
    }

    private void Change(JsonObject members)
    {
        var name = members.Count > 0 && _random.Next(4) > 0
            ? members.ElementAt(_random.Next(members.Count)).Key
            : new[] { "spec", "dnsConfig", "annotations", "labels", "x", "" }[_random.Next(6)];
        if (_random.Next(4) == 0)
        {
            members.Remove(name);
        }
        else
        {
            members[name] = Value();
        }
    }

    private void Change(JsonArray items)
    {
        if (items.Count > 0 && _random.Next(2) == 0)
        {
            items.RemoveAt(_random.Next(items.Count));
        }
        else
        {
            items.Insert(_random.Next(items.Count + 1), Value());
        }
    }

    private JsonNode? Value() => _random.Next(10) switch
    {
        0 => null,
        1 => new JsonObject(),
        2 => new JsonArray(),
        3 => _random.Next(2) == 0,
        4 => _random.NextDouble() * 1e9,
        5 => new string((char)_random.Next(1, 0xD7FF), _random.Next(400)),
        6 => new JsonArray([.. Enumerable.Range(0, _random.Next(40)).Select(i => (JsonNode)$"s{i}.example")]),
        7 => new JsonObject { ["name"] = "ndots", ["value"] = $"{_random.Next(-2, 20)}" },
        8 => $"{_random.Next(300)}.0.2.{_random.Next(300)}",
        _ => new[] { "None", "Default", "ClusterFirst", "enabled", "disabled", "none", ".", "a..b", "CREATE" }
            [_random.Next(9)],
    };

    private byte[] Damage(byte[] bytes)
    {
        var damaged = new List<byte>(bytes);
        for (var i = _random.Next(1, 6); i > 0 && damaged.Count > 0; i--)
        {
            var at = _random.Next(damaged.Count);
            var length = Math.Min(_random.Next(1, 40), damaged.Count - at);
            switch (_random.Next(5))
            {
                case 0:
                    damaged[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    damaged.RemoveRange(at, length);
                    break;
                case 2:
                    damaged.InsertRange(at, damaged.GetRange(at, length));
                    break;
                case 3:
                    damaged.InsertRange(at, Encoding.UTF8.GetBytes(s_fragments[_random.Next(s_fragments.Length)]));
                    break;
                default:
                    damaged.RemoveRange(at, damaged.Count - at);
                    break;
            }
        }
        return [.. damaged];
    }

    private static IEnumerable<JsonNode> Containers(JsonNode node)
    {
        yield return node;
        var children = node is JsonObject members
            ? members.Select(member => member.Value)
            : (JsonArray)node;
        foreach (var child in children)
        {
            if (child is JsonObject or JsonArray)
            {
                foreach (var inner in Containers(child))
                {
                    yield return inner;
                }
            }
        }
    }
}
