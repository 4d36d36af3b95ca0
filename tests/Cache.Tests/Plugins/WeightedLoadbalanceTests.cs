using NodeDns.Cache.Plugins;
using NodeDns.Corefile;
using NodeDns.Telemetry;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Plugins;

public sealed class WeightedLoadbalanceTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();
    private readonly MemoryStream _output = new();
    private readonly StderrLogger _logs;

    public WeightedLoadbalanceTests() => _logs = new StderrLogger(_output);

    public void Dispose()
    {
        File.Delete(_path);
        _logs.Dispose();
    }

    [Fact]
    public void First_address_is_chosen_as_often_as_its_weight_says()
    {
        File.WriteAllText(
            _path, "# three to one to two\n\nWWW.example.com\n100.64.1.1 3\n 100.64.1.2 1\n100.64.1.3\t2\n100.64.1.3 200\n");
        var first = Firsts("www.example.com.", "A", 6000,
            "www.example.com. 60 IN A 100.64.1.1", "www.example.com. 60 IN A 100.64.1.2",
            "www.example.com. 60 IN A 100.64.1.3");
        Assert.InRange(first["100.64.1.1"], 2850, 3150);
        Assert.InRange(first["100.64.1.2"], 900, 1100);
        Assert.InRange(first["100.64.1.3"], 1850, 2150);
    }

    [Fact]
    public void Addresses_that_the_file_does_not_name_weigh_one()
    {
        File.WriteAllText(_path, "other.example.\n192.0.2.1 255\nwww.example.\n::ffff:192.0.2.2 3\n");
        var first = Firsts("www.example.", "A", 4000, "www.example. 60 IN A 192.0.2.1", "www.example. 60 IN A 192.0.2.2");
        Assert.InRange(first["192.0.2.1"], 900, 1100);
    }

    [Fact]
    public void Others_keep_their_order_but_for_the_one_that_gave_way()
    {
        File.WriteAllText(_path, "a.\nfd00::3 255\n");
        string[] records =
        [
            "www. 60 IN CNAME a.", "a. 60 IN AAAA fd00::1", "a. 60 IN AAAA fd00::2", "a. 60 IN AAAA fd00::3",
            "a. 60 IN AAAA fd00::4",
        ];
        var filter = Filter(new Random(3));
        var orders = Enumerable.Range(0, 5000).Select(_ => Apply(filter, "www.", "AAAA", records))
            .Select(reply => string.Join(' ', reply.Answer.Select(record => record.Data))).Distinct().Order();
        Assert.Equal(
            [
                "a. fd00::1 fd00::2 fd00::3 fd00::4", "a. fd00::2 fd00::1 fd00::3 fd00::4",
                "a. fd00::3 fd00::2 fd00::1 fd00::4", "a. fd00::4 fd00::2 fd00::3 fd00::1",
            ],
            orders);
    }

    [Fact]
    public void Other_questions_and_answers_without_addresses_stay_as_they_are()
    {
        File.WriteAllText(_path, "www.\n192.0.2.2 255\n");
        var filter = Filter(new Random(3));
        string[] txt = ["www. 60 IN A 192.0.2.1", "www. 60 IN A 192.0.2.2"];
        string[] late = ["www. 60 IN TXT \"x\"", "www. 60 IN CNAME a."];
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(txt, Apply(filter, "www.", "TXT", txt).Answer.Select(record => record.ToString()));
            Assert.Equal(late, Apply(filter, "www.", "A", late).Answer.Select(record => record.ToString()));
        }
    }

    [Fact]
    public void Changed_file_is_read_and_a_wrong_or_missing_one_leaves_the_weights()
    {
        string[] records = ["www. 60 IN A 192.0.2.1", "www. 60 IN A 192.0.2.2"];
        File.Delete(_path);
        var file = new WeightFile(_path, TimeSpan.FromSeconds(30), _logs.CreateLogger("plugin/loadbalance"));
        var filter = new LoadbalanceFilter(new LoadbalanceConfig(), file, new Random(1));
        Assert.InRange(Firsts(filter, "www.", "A", 2000, records)["192.0.2.1"], 900, 1100);

        File.WriteAllText(_path, "www\n192.0.2.1 199\n");
        file.Poll();
        Assert.InRange(Firsts(filter, "www.", "A", 2000, records)["192.0.2.1"], 1970, 2000);

        foreach (var wrong in (string[])["www\n192.0.2.2 0\n", "www\n192.0.2.2 256\n"])
        {
            File.WriteAllText(_path, wrong);
            file.Poll();
        }
        File.Delete(_path);
        file.Poll();
        Assert.InRange(Firsts(filter, "www.", "A", 2000, records)["192.0.2.1"], 1970, 2000);
        var log = System.Text.Encoding.UTF8.GetString(_output.ToArray());
        Assert.Contains($"{_path}: weights read", log);
        Assert.Contains(
            $"{_path}: line 2: 0: expected a weight, 1 to 255; the weights read before stay in force", log);
    }

    [Theory]
    [InlineData("www.\n192.0.2.1\n", "line 2: 192.0.2.1 has no weight: expected a domain name, or an address and a weight")]
    [InlineData("192.0.2.1 5\n", "line 1: expected a domain name before 192.0.2.1")]
    [InlineData("www.\n# two\nmail 5\n", "line 3: mail: expected an address")]
    [InlineData("www.\n192.0.2.1 +5\n", "line 2: +5: expected a weight, 1 to 255")]
    [InlineData("www.\n192.0.2.1 5 6\n", "line 2: expected a domain name, or an address and a weight")]
    public void Wrong_line_is_told(string text, string expected)
    {
        Assert.Null(WeightText.Parse(text, out var problem));
        Assert.Equal(expected, problem);
    }

    private LoadbalanceFilter Filter(Random random) => new(
        new LoadbalanceConfig(),
        new WeightFile(_path, TimeSpan.Zero, _logs.CreateLogger("plugin/loadbalance")),
        random);

    private Dictionary<string, int> Firsts(string name, string type, int times, params string[] records) =>
        Firsts(Filter(new Random(7)), name, type, times, records);

    private static Dictionary<string, int> Firsts(
        LoadbalanceFilter filter, string name, string type, int times, params string[] records) =>
        Enumerable.Range(0, times).CountBy(_ => Apply(filter, name, type, records).Answer[0].Data)
            .ToDictionary(count => count.Key, count => count.Value);

    private static DnsMessage Apply(LoadbalanceFilter filter, string name, string type, string[] records)
    {
        var message = DnsMessage.ReplyTo(DnsMessage.Query(name, type));
        message.Answer.AddRange(records.Select(DnsRecord.Parse));
        var octets = message.ToBytes();
        return DnsMessage.Parse(octets.AsSpan(0, filter.Apply(octets, octets.Length)));
    }
}
