using DnsClient;

namespace NodeDns.Demo;

/// <summary>Each sample name asked twice: the first ask goes upstream, the second is the cache's own.</summary>
internal sealed class AskTable
{
    private static readonly (string Name, QueryType Type)[] s_questions =
    [
        ("kubernetes.default.svc.cluster.local", QueryType.A),
        ("web.demo.svc.cluster.local", QueryType.A),
        ("db.demo.svc.cluster.local", QueryType.A),
        ("www.example.com", QueryType.A),
        ("www.example.com", QueryType.AAAA),
        ("api.example.org", QueryType.A),
        ("no-such-name.demo.svc.cluster.local", QueryType.A),
    ];

    private readonly List<Row> _rows = [];

    private sealed record Row(string Question, string Answer, TimeSpan First, TimeSpan Second, bool Same);

    /// <summary>Every second answer was the same as the first.</summary>
    public bool AllAnswered => _rows.TrueForAll(row => row.Same && row.Answer.Length > 0);

    public static async Task<AskTable> Run(Resolver resolver)
    {
        var table = new AskTable();
        foreach (var (name, type) in s_questions)
        {
            var first = await resolver.Ask(name, type);
            var second = await resolver.Ask(name, type);
            table._rows.Add(new Row($"{name} {type}", first.Answer, first.Took, second.Took, first.Answer == second.Answer));
        }
        return table;
    }

    public void Print()
    {
        Console.WriteLine($"  {"question",-42} {"answer",-34} {"first ask",10} {"second ask",11}");
        foreach (var row in _rows)
        {
            Console.WriteLine(
                $"  {row.Question,-42} {row.Answer,-34} {row.First.TotalMilliseconds,7:F2} ms {row.Second.TotalMilliseconds,8:F2} ms");
        }
        Console.WriteLine();
    }
}
