using System.Text;
using System.Text.Json;
using NodeDns.Injection.Admission;
using NodeDns.Webhook.Tests.Fuzz;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Admission;

public sealed class JsonTextTests
{
    [Fact]
    public void Whatever_is_readable_can_be_read_at_every_value()
    {
        var mutator = new ReviewMutator(7, ReviewCorpus.Read());
        var read = 0;
        for (var i = 0; i < 3_000; i++)
        {
            var body = mutator.Next();
            if (JsonText.TryParse(body, out var document) is not null || !JsonText.IsReadable(body))
            {
                continue;
            }

            using (document)
            {
                ReadAll(document!.RootElement);
            }

            read++;
        }
        Assert.True(read > 1_000);
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
    public void None_is_empty_whatever_it_is_asked_for()
    {
        JsonElement none = default;
        Assert.True(none.IsAbsent);
        Assert.True(none.Member("a"u8).First.IsAbsent);
        Assert.Empty(none.Items);
        Assert.Empty(none.Members);
        Assert.True(none.Raw.IsEmpty);
        Assert.True(none.IsEmpty("a"u8));
        Assert.False(none.Says("a"u8, "b"u8));
    }

    [Fact]
    public void As_many_values_as_allowed_are_read_and_more_are_not()
    {
        Assert.Null(JsonText.TryParse(List(JsonText.MaxValues - 1), out var most));
        most!.Dispose();
        Assert.Contains("values", JsonText.TryParse(List(JsonText.MaxValues + 1), out _));

        static byte[] List(int items) =>
            Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat("1 ", items))}]");
    }

    private static void ReadAll(JsonElement value)
    {
        Assert.Equal(value.GetRawText(), Encoding.UTF8.GetString(value.Raw));
        Assert.Equal(value.IsString, value.AsText is not null);
        foreach (var item in value.Items)
        {
            ReadAll(item);
        }

        foreach (var member in value.Members)
        {
            Assert.NotNull(member.Name);
            ReadAll(member.Value);
        }
    }
}
