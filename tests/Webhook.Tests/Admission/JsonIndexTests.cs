using System.Text;
using System.Text.Json;
using NodeDns.Injection.Admission;
using NodeDns.Webhook.Tests.Fuzz;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Admission;

/// <summary>The index finds what JsonDocument finds.</summary>
public sealed class JsonIndexTests
{
    [Fact]
    public void Mutated_reviews_hold_what_JsonDocument_says()
    {
        var options = new JsonDocumentOptions { MaxDepth = 256 };
        var mutator = new ReviewMutator(7, ReviewCorpus.Read());
        var index = new JsonIndex();
        int compared = 0;
        for (int i = 0; i < 3_000; i++)
        {
            byte[] body = mutator.Next();
            string? problem = index.TryRead(body, out JsonView root);
            try
            {
                using JsonDocument document = JsonDocument.Parse(body, options);
                Assert.Null(problem);
                if (JsonStrings.AreReadable(body))
                {
                    Same(document.RootElement, root);
                    compared++;
                }
            }
            catch (JsonException)
            {
                Assert.NotNull(problem);
            }
        }
        Assert.True(compared > 1_000);
    }

    [Theory]
    [InlineData("""{"a":1,"a":"last"}""", "last")]
    [InlineData("""{"\u0061":"escaped"}""", "escaped")]
    [InlineData("""{"a":"\u00e9\n\"x"}""", "é\n\"x")]
    [InlineData("""{"a":"x","a":null}""", null)]
    [InlineData("""{"b":{"a":"inner"}}""", null)]
    [InlineData("""[{"a":"inner"}]""", null)]
    [InlineData("""{"a":["x"]}""", null)]
    public void Member_is_the_last_of_its_name_and_null_is_none(string json, string? text) =>
        Assert.Equal(text, Pods.View(json).Text("a"u8));

    [Fact]
    public void As_many_values_as_allowed_are_read_and_one_more_is_not()
    {
        var index = new JsonIndex();
        Assert.Null(index.TryRead(List(JsonIndex.MaxValues - 1), out _));
        Assert.Contains("values", index.TryRead(List(JsonIndex.MaxValues), out _));
        Assert.Null(index.TryRead("[]"u8.ToArray(), out JsonView root));
        Assert.True(root.Children.First.IsAbsent);

        static byte[] List(int items) =>
            Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat('1', items))}]");
    }

    private static void Same(JsonElement expected, JsonView actual)
    {
        Assert.Equal(expected.ValueKind, actual.Kind);
        Assert.Equal(expected.GetRawText(), Encoding.UTF8.GetString(actual.Raw));
        if (expected.ValueKind == JsonValueKind.String)
            Assert.Equal(expected.GetString(), actual.AsText);
        var items = new List<JsonView>();
        foreach (JsonView item in actual.Children)
            items.Add(item);
        if (expected.ValueKind == JsonValueKind.Array)
        {
            Assert.Equal(expected.GetArrayLength(), items.Count);
            foreach ((JsonElement inner, JsonView view) in expected.EnumerateArray().Zip(items))
                Same(inner, view);
        }
        else if (expected.ValueKind == JsonValueKind.Object)
        {
            Assert.Equal(expected.EnumerateObject().Select(member => member.Name), items.Select(item => item.Name));
            foreach ((JsonProperty member, JsonView view) in expected.EnumerateObject().Zip(items))
                Same(member.Value, view);
        }
    }
}
