using CsCheck;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;
using Xunit;

namespace NodeDns.Cache.Tests.Store;

public class AnswerStoreTests
{
    [Fact]
    public void An_answer_counts_down_and_ends()
    {
        using var store = new StoreHarness();
        var scope = store.Store.Scope("a");
        store.Put("www.example", ttl: 30, nowMs: 1000, scope: scope);
        Assert.Equal(("www.example", 30u, GetOutcome.Fresh), store.Get("www.example", 1000));
        Assert.Equal(30u, store.Get("www.example", 1999)?.Ttl);
        Assert.Equal(29u, store.Get("www.example", 2000)?.Ttl);
        Assert.Equal(1u, store.Get("www.example", 30_999)?.Ttl);
        Assert.Null(store.Get("www.example", 31_000));
    }

    [Fact]
    public void Keepttl_shows_the_stored_ttl_and_stale_the_stale_one()
    {
        using var store = new StoreHarness();
        store.Store.Scope("a");
        store.Put("www.example", ttl: 30);
        Assert.Equal(30u, store.Get("www.example", 29_000, keepTtl: true)?.Ttl);
        Assert.Equal(("www.example", 30u, GetOutcome.Stale), store.Get("www.example", 31_000, staleMs: 60_000));
        Assert.Null(store.Get("www.example", 90_000, staleMs: 60_000));
    }

    [Fact]
    public void Every_part_of_the_key_counts()
    {
        using var store = new StoreHarness();
        store.Store.Scope("a");
        store.Store.Scope("b");
        store.Put("www.example");
        Assert.NotNull(store.Get("WWW.Example"));
        Assert.Null(store.Get("www.example", scope: 1));
        Assert.Null(store.Get("www.example", flags: KeyFlags.DnssecOk));
        Assert.Null(store.Get("www.example", flags: KeyFlags.CheckingDisabled));
        Assert.Null(store.Get("www.example", flags: KeyFlags.Failure));
        Assert.Null(store.Get("www.example", type: Qtype.A));
        Assert.Null(store.Get("ww.example"));
    }

    [Fact]
    public void A_new_answer_replaces_the_old_whatever_its_kind()
    {
        using var store = new StoreHarness();
        var scope = store.Store.Scope("a");
        store.Put("www.example", content: "old");
        store.Put("www.example", content: "new", kind: AnswerKind.Denial, size: 500);
        Assert.Equal("new", store.Get("www.example")?.Content);
        Assert.Equal(0, store.Store.Count(scope, AnswerKind.Success));
        Assert.Equal(1, store.Store.Count(scope, AnswerKind.Denial));
    }

    [Fact]
    public void What_does_not_fit_the_buffer_is_reported_and_not_copied()
    {
        using var store = new StoreHarness();
        store.Store.Scope("a");
        store.Put("big.example", size: 3000);
        Span<byte> reply = new byte[512];
        var key = StoreHarness.Key("big.example");
        Assert.Equal(GetOutcome.TooLarge,
            store.Store.TryGet(key, new GetOptions(0), reply, 30, out var answer));
        Assert.InRange(answer.RecordsLength, 3000, 3100);
        Assert.True(reply.IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void The_budget_holds_under_a_flood_of_names()
    {
        using var store = new StoreHarness(2 << 20);
        store.Store.Scope("a");
        for (var i = 0; i < 100_000; i++)
        {
            store.Put($"{i}.flood.example", size: i % 400, nowMs: i);
        }

        Assert.True(store.Store.UsedBytes <= store.Store.CapacityBytes);
        Assert.True(store.Store.CapacityBytes <= 2 << 20);
        Assert.True(store.Store.UsedBytes > store.Store.CapacityBytes * 9 / 10);
        Assert.NotNull(store.Get("99999.flood.example", 99_999));
    }

    [Fact]
    public void Names_that_are_asked_again_survive_a_flood_of_names_asked_once()
    {
        using var store = new StoreHarness(1 << 20);
        store.Store.Scope("a");
        for (var i = 0; i < 1000; i++)
        {
            store.Put($"hot{i}.example", ttl: 86_400);
        }

        var lost = 0;
        for (var i = 0; i < 50_000; i++)
        {
            store.Put($"{i}.flood.example", ttl: 86_400);
            var hot = $"hot{i % 1000}.example";
            if (store.Get(hot) is not null)
            {
                continue;
            }

            lost++;
            store.Put(hot, ttl: 86_400);
        }
        Assert.InRange(lost, 0, 100);
    }

    [Fact]
    public void A_cap_holds_for_its_own_kind_and_scope()
    {
        using var store = new StoreHarness(4 << 20);
        var a = store.Store.Scope("a", new ScopeOptions(SuccessCapacity: 100, DenialCapacity: 10));
        var b = store.Store.Scope("b");
        for (var i = 0; i < 500; i++)
        {
            store.Put($"{i}.example", scope: a);
            store.Put($"{i}.denied.example", scope: a, kind: AnswerKind.Denial);
            store.Put($"{i}.example", scope: b);
        }
        Assert.Equal(100, store.Store.Count(a, AnswerKind.Success));
        Assert.Equal(10, store.Store.Count(a, AnswerKind.Denial));
        Assert.Equal(500, store.Store.Count(b, AnswerKind.Success));
    }

    [Fact]
    public void A_scope_keeps_its_entries_as_long_as_it_is_in_force()
    {
        using var store = new StoreHarness();
        var a = store.Store.Scope("a");
        var b = store.Store.Scope("b");
        store.Put("www.example", scope: a);
        store.Put("www.example", scope: b);
        var kept = new AnswerScope(() => "a");
        var added = new AnswerScope(() => "c");
        Assert.Equal(AnswerScope.None, kept.Number);
        store.Store.Use([kept, added]);
        Assert.Equal(a, kept.Number);
        Assert.NotNull(store.Get("www.example", scope: a));
        Assert.Null(store.Get("www.example", scope: b));
        Assert.Equal(0, store.Store.Count(b, AnswerKind.Success));
        Assert.NotEqual(b, added.Number);
    }

    [Fact]
    public void A_scope_whose_identity_changes_finds_nothing_of_before_also_what_came_late()
    {
        using var store = new StoreHarness();
        var version = 1;
        var scope = new AnswerScope(() => $"hosts {version}");
        store.Store.Use([scope]);
        var before = scope.Number;
        store.Put("www.example", scope: before);
        version = 2;
        store.Store.Use([scope]);
        store.Put("late.example", scope: before);
        Assert.Null(store.Get("www.example", scope: scope.Number));
        Assert.Null(store.Get("late.example", scope: scope.Number));
    }

    [Fact]
    public void Numbers_of_scopes_that_are_gone_are_given_again_without_what_they_held()
    {
        using var store = new StoreHarness();
        var version = 0;
        var scope = new AnswerScope(() => $"{version}");
        for (; version < 5000; version++)
        {
            store.Store.Use([scope]);
            Assert.InRange(scope.Number, 0, 2000);
            Assert.Null(store.Get("www.example", scope: scope.Number));
            store.Put("www.example", scope: scope.Number);
        }
    }

    [Fact]
    public void A_scope_that_is_not_in_force_keeps_nothing()
    {
        using var store = new StoreHarness();
        store.Put("www.example", scope: AnswerScope.None);
        Assert.Null(store.Get("www.example", scope: AnswerScope.None));
        Assert.Equal(0, store.Store.Count(AnswerScope.None, AnswerKind.Success));
    }

    [Fact]
    public void A_new_answer_has_no_hits_yet()
    {
        using var store = new StoreHarness();
        store.Store.Scope("a");
        store.Put("www.example");
        for (var i = 0; i < 5; i++)
        {
            Hit();
        }
        // An answer of two cells gives them back and takes them in turn: the second time it stands where it stood.
        store.Put("www.example");
        store.Put("www.example");
        Assert.Equal(1, Hit());

        int Hit()
        {
            store.Store.TryGet(StoreHarness.Key("www.example"), new GetOptions(0), new byte[512], 40, out var answer);
            return store.Store.CountHit(answer, 0, 60);
        }
    }

    [Fact]
    public void What_is_sent_upstream_is_a_part_of_the_key()
    {
        using var store = new StoreHarness();
        store.Store.Scope("a");
        var name = DnsName.ParseLower("www.example");
        Assert.Equal(GetOutcome.Missing, Get([1, 2]));
        Put([1, 2]);
        Assert.Equal(GetOutcome.Fresh, Get([1, 2]));
        Assert.Equal(GetOutcome.Missing, Get([1, 3]));
        Assert.Equal(GetOutcome.Missing, Get([]));
        Assert.Equal(GetOutcome.Missing, Get([1, 2, 0]));

        GetOutcome Get(byte[] options) =>
            store.Store.TryGet(Key(options), new GetOptions(0), new byte[512], 40, out _);

        AnswerKey Key(byte[] options) => new(name, Qtype.TXT, Qclass.IN, 0, 0, options);

        void Put(byte[] options) => store.Store.Put(
            Key(options),
            new AnswerRecords
            {
                Kind = AnswerKind.Success,
                HeaderFlags = 0x8180,
                Counts = [0, 1, 0, 0, 0, 0],
                Records = StoreHarness.Records("x", 20),
                TtlOffsets = [6],
                TtlSeconds = 60,
            },
            0);
    }

    [Fact]
    public void Hits_are_counted_until_a_gap()
    {
        using var store = new StoreHarness();
        store.Store.Scope("a");
        store.Put("www.example", ttl: 1000);
        Assert.Equal(1, Hit(0));
        Assert.Equal(2, Hit(30_000));
        Assert.Equal(3, Hit(90_000));
        Assert.Equal(1, Hit(151_000));

        int Hit(long nowMs)
        {
            var reply = new byte[512];
            store.Store.TryGet(StoreHarness.Key("www.example"), new GetOptions(nowMs), reply, 40, out var answer);
            return store.Store.CountHit(answer, nowMs, 60);
        }
    }

    [Fact]
    public void Any_sequence_of_puts_and_gets_agrees_with_a_dictionary() =>
        Gen.Select(Gen.Int[0, 50], Gen.Int[0, 600], Gen.Bool).List[0, 400].Sample(steps =>
        {
            using var store = new StoreHarness(4 << 20);
            store.Store.Scope("a");
            var expected = new Dictionary<string, string>();
            foreach ((var name, var size, var put) in steps)
            {
                var key = $"{name}.example";
                if (put)
                {
                    var content = $"{name}-{size}";
                    store.Put(key, size: size, content: content);
                    expected[key] = content;
                }
                else if (store.Get(key)?.Content != expected.GetValueOrDefault(key))
                {
                    return false;
                }
            }
            return expected.All(pair => store.Get(pair.Key)?.Content == pair.Value);
        }, iter: 200);

    [Fact]
    public async Task Readers_never_see_half_an_answer_while_writers_replace_and_evict()
    {
        // Small enough that cells are reused all the time; the content check throws on any foreign octet.
        using var store = new StoreHarness(512 * 1024);
        store.Store.Scope("a");
        using var stop = new CancellationTokenSource();
        long hits = 0;
        Task[] readers = [.. Enumerable.Range(0, 2).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested)
            {
                var name = $"{random.Next(200)}.example";
                if (store.Get(name) is not { } found) { continue; } Assert.Equal(name, found.Content);
                Interlocked.Increment(ref hits);
            }
        }, TestContext.Current.CancellationToken))];
        var writer = new Random(99);
        for (var i = 0; i < 25_000; i++)
        {
            store.Put($"{writer.Next(400)}.example", size: writer.Next(3000));
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.True(hits > 0);
    }
}
