using BenchmarkDotNet.Attributes;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;

namespace NodeDns.Bench.Micro;

/// <summary>The steps of a query in user space, each on its own, without sockets; every call takes another of 10,000
/// names, so that the caches of the processor are as busy as they would be.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class StepBenchmarks : IDisposable
{
    private readonly byte[][] _queries = Sample.Queries();
    private readonly byte[][] _lowerNames;
    private readonly AnswerStore _store = new(16 << 20);
    private readonly byte[] _reply = new byte[1232];
    private readonly byte[] _lower = new byte[DnsName.MaxLength];
    private readonly ushort _scope;
    private int _next;

    public StepBenchmarks()
    {
        _scope = _store.Scope("bench");
        _lowerNames = [.. _queries.Select(Lowered)];
        foreach (var name in _lowerNames)
        {
            Sample.Put(_store, _scope, name);
        }
    }

    /// <summary>Header, question and OPT, and the name in lower case.</summary>
    [Benchmark]
    public int Parse()
    {
        var query = Next(_queries);
        if (!QuestionReader.TryRead(query, out var question) || !QueryEdns.TryRead(query, question.End, out var edns))
        {
            throw new InvalidOperationException("the sample is not a query");
        }

        DnsName.ToLower(question.Name, _lower);
        return question.End + edns.UdpSize;
    }

    /// <summary>Hash, search, copy of the records, TTL patched.</summary>
    [Benchmark]
    public int Lookup()
    {
        var name = Next(_lowerNames);
        var key = new AnswerKey(name, Qtype.A, Qclass.IN, _scope, KeyFlags.None);
        var outcome = _store.TryGet(key, new GetOptions(NowMs: 1000), _reply, DnsHeader.Length + name.Length + 4, out var answer);
        return outcome == GetOutcome.Fresh ? answer.RecordsLength : throw new InvalidOperationException("the sample was forgotten");
    }

    /// <summary>An answer stored in place of the one the name had.</summary>
    [Benchmark]
    public void Store() => Sample.Put(_store, _scope, Next(_lowerNames));

    /// <summary>A reply written from its parts: header, the client's question, one record, an OPT.</summary>
    [Benchmark]
    public int Reply()
    {
        var query = Next(_queries);
        var writer = new ReplyWriter(_reply, query, query.Length - QueryEdns.EmptyOptLength);
        writer.TryAddAnswer(Qtype.A, 3600, [10, 96, 1, 2]);
        QueryEdns.WriteEmptyOpt(_reply.AsSpan(writer.Length), 1232, 0, dnssecOk: false);
        return writer.Length + QueryEdns.EmptyOptLength;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _store.Dispose();
        GC.SuppressFinalize(this);
    }

    private static byte[] Lowered(byte[] query)
    {
        QuestionReader.TryRead(query, out var question);
        var lower = new byte[question.Name.Length];
        DnsName.ToLower(question.Name, lower);
        return lower;
    }

    private byte[] Next(byte[][] of)
    {
        // A stride that visits every one and keeps the hardware from guessing the next.
        _next = (_next + 3571) % Sample.Count;
        return of[_next];
    }
}
