using CsCheck;
using NodeDns.Cache.Store;
using Xunit;

namespace NodeDns.Cache.Tests.Store;

public class StoreSnapshotTests
{
    [Fact]
    public void Live_answers_go_over_with_what_is_left_of_their_ttl()
    {
        using var old = new StoreHarness();
        old.Store.Scope("gone");
        var scope = old.Store.Scope("block");
        old.Put("www.example", ttl: 30, nowMs: 1_000, scope: scope, size: 700);
        old.Put("denied.example", ttl: 30, nowMs: 1_000, scope: scope, kind: AnswerKind.Denial);
        old.Put("expired.example", ttl: 5, nowMs: 1_000, scope: scope);
        old.Put("elsewhere.example", ttl: 30, nowMs: 1_000, scope: 0);
        var snapshot = Export(old.Store, 11_000);

        using var next = new StoreHarness();
        var taken = next.Store.Scope("block");
        Assert.Equal(2, Import(next.Store, snapshot, 500_000, Scopes(("block", taken))));
        Assert.Equal(("www.example", 20u, GetOutcome.Fresh), next.Get("www.example", 500_000, scope: taken));
        Assert.Null(next.Get("www.example", 520_000, scope: taken));
        Assert.Equal(1, next.Store.Count(taken, AnswerKind.Denial));
        Assert.Null(next.Get("expired.example", 500_000, scope: taken));
    }

    [Fact]
    public void What_passes_between_export_and_import_counts_as_age()
    {
        using var old = new StoreHarness();
        var scope = old.Store.Scope("block");
        old.Put("long.example", ttl: 30, nowMs: 1_000, scope: scope);
        old.Put("short.example", ttl: 18, nowMs: 1_000, scope: scope);
        var snapshot = Export(old.Store, 11_000, bootMs: 100_000);

        using var next = new StoreHarness();
        var taken = next.Store.Scope("block");
        Assert.Equal(1, Import(next.Store, snapshot, 500_000, Scopes(("block", taken)), bootMs: 108_000));
        Assert.Equal(("long.example", 12u, GetOutcome.Fresh), next.Get("long.example", 500_000, scope: taken));
        Assert.Null(next.Get("short.example", 500_000, scope: taken));
        Assert.Equal(0, Import(next.Store, snapshot, 500_000, Scopes(("block", taken)), bootMs: long.MaxValue));
    }

    [Fact]
    public void An_export_of_another_boot_is_refused_whole()
    {
        using var store = new StoreHarness();
        var snapshot = Export(store.Store, 0, bootMs: 100_000);
        Assert.Equal(-1, Import(store.Store, snapshot, 0, Scopes(), bootMs: 99_999));
    }

    [Fact]
    public void A_scope_is_named_once_for_all_its_answers()
    {
        string name = new('s', 20_000);
        using var old = new StoreHarness();
        old.Store.Scope(name);
        for (var i = 0; i < 100; i++)
        {
            old.Put($"{i}.example");
        }

        var snapshot = Export(old.Store, 0, capacityBytes: 40_000);
        using var next = new StoreHarness();
        next.Store.Scope("other");
        Assert.Equal(100, Import(next.Store, snapshot, 0, Scopes((name, next.Store.Scope(name)))));
    }

    [Fact]
    public void A_scope_with_a_long_name_goes_over_and_one_that_does_not_fit_takes_nothing_from_the_others()
    {
        string longName = new('s', 300_000), longer = new('t', 900_000);
        using var old = new StoreHarness();
        ushort first = old.Store.Scope(longer), second = old.Store.Scope(longName), third = old.Store.Scope("block");
        foreach (var scope in new[] { first, second, third })
        {
            old.Put("www.example", scope: scope);
        }

        var snapshot = Export(old.Store, 0, capacityBytes: 400_000);
        Assert.InRange(snapshot.Length, 300_000, 400_000);
        using var next = new StoreHarness();
        ushort taken = next.Store.Scope(longName), block = next.Store.Scope("block");
        Assert.Equal(2, Import(next.Store, snapshot, 0, Scopes((longName, taken), ("block", block))));
        Assert.Equal(1, next.Store.Count(taken, AnswerKind.Success));
        // What no scope of this process is called is passed over.
        Assert.Equal(1, Import(next.Store, snapshot, 0, Scopes(("block", block))));
    }

    [Fact]
    public void Another_version_is_refused_whole()
    {
        using var store = new StoreHarness();
        var snapshot = Export(store.Store, 0);
        snapshot[5]++;
        Assert.Equal(-1, Import(store.Store, snapshot, 0, Scopes()));
        Assert.Equal(-1, Import(store.Store, "nonsense"u8.ToArray(), 0, Scopes()));
    }

    [Fact]
    public void Octets_that_a_later_version_adds_to_an_entry_are_skipped()
    {
        using var old = new StoreHarness();
        old.Store.Scope("block");
        old.Put("www.example");
        byte[] snapshot = [.. Export(old.Store, 0), 7, 7];
        // The last octet of the entry's length, after the header and the name of one scope.
        snapshot[16 + 4 + 5 + 3] += 2;
        using var next = new StoreHarness();
        var taken = next.Store.Scope("block");
        Assert.Equal(1, Import(next.Store, snapshot, 0, Scopes(("block", taken))));
    }

    [Fact]
    public void No_octets_whatever_make_it_throw() =>
        Gen.Select(Gen.Int[0, 2000], Gen.Byte).List[1, 10].Sample(changes =>
        {
            using var old = new StoreHarness();
            old.Store.Scope("block");
            for (var i = 0; i < 10; i++)
            {
                old.Put($"{i}.example");
            }

            var snapshot = Export(old.Store, 0);
            foreach ((var at, var value) in changes)
            {
                snapshot[at % snapshot.Length] = value;
            }

            using var next = new StoreHarness();
            var taken = next.Store.Scope("block");
            Import(next.Store, snapshot, 0, Scopes(("block", taken)));
        }, iter: 300);

    [Fact]
    public void Where_not_all_fit_those_asked_again_go_first_then_the_young()
    {
        using var old = new StoreHarness();
        old.Store.Scope("block");
        for (var i = 0; i < 100; i++)
        {
            old.Put($"{i:00}.example", ttl: 3600, size: 1000);
        }

        foreach (var i in new[] { 3, 5 })
        {
            old.Get($"{i:00}.example", 0);
        }

        var snapshot = Export(old.Store, 0, capacityBytes: 11_000);
        Assert.InRange(snapshot.Length, 9_000, 11_000);

        using var next = new StoreHarness();
        var taken = next.Store.Scope("block");
        Assert.Equal(10, Import(next.Store, snapshot, 0, Scopes(("block", taken))));
        foreach (var i in new[] { 3, 5, 92, 93, 94, 95, 96, 97, 98, 99 })
        {
            Assert.NotNull(next.Get($"{i:00}.example", 0));
        }
    }

    [Fact]
    public void Many_buffers_full_go_over_whole()
    {
        using var old = new StoreHarness(8 << 20);
        old.Store.Scope("block");
        for (var i = 0; i < 100; i++)
        {
            old.Put($"{i}.example", size: 60_000 - i);
        }

        var snapshot = Export(old.Store, 0);
        Assert.InRange(snapshot.Length, 5 << 20, 8 << 20);
        using var next = new StoreHarness(8 << 20);
        var taken = next.Store.Scope("block");
        Assert.Equal(100, Import(next.Store, snapshot, 0, Scopes(("block", taken))));
        Assert.Equal(100, next.Store.Count(taken, AnswerKind.Success));
    }

    private static byte[] Export(AnswerStore store, long nowMs, long capacityBytes = long.MaxValue, long bootMs = 0)
    {
        using var stream = new MemoryStream();
        StoreSnapshot.Export(store, nowMs, bootMs, capacityBytes, stream);
        return stream.ToArray();
    }

    private static int Import(AnswerStore store, byte[] snapshot, long nowMs, Dictionary<string, ushort> scopes,
        long bootMs = 0)
    {
        using var stream = new MemoryStream(snapshot);
        return StoreSnapshot.Import(store, stream, nowMs, bootMs, scopes);
    }

    private static Dictionary<string, ushort> Scopes(params (string Name, ushort Scope)[] scopes) =>
        scopes.ToDictionary(scope => scope.Name, scope => scope.Scope);
}
