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
        ushort scope = old.Store.Scope("block");
        old.Put("www.example", ttl: 30, nowMs: 1_000, scope: scope, size: 700);
        old.Put("denied.example", ttl: 30, nowMs: 1_000, scope: scope, kind: AnswerKind.Denial);
        old.Put("expired.example", ttl: 5, nowMs: 1_000, scope: scope);
        old.Put("elsewhere.example", ttl: 30, nowMs: 1_000, scope: 0);
        byte[] snapshot = Export(old.Store, 11_000);

        using var next = new StoreHarness();
        ushort taken = next.Store.Scope("block");
        Assert.Equal(2, Import(next.Store, snapshot, 500_000, Scopes(("block", taken))));
        Assert.Equal(("www.example", 20u, GetOutcome.Fresh), next.Get("www.example", 500_000, scope: taken));
        Assert.Null(next.Get("www.example", 520_000, scope: taken));
        Assert.Equal(1, next.Store.Count(taken, AnswerKind.Denial));
        Assert.Null(next.Get("expired.example", 500_000, scope: taken));
    }

    [Fact]
    public void Another_version_is_refused_whole()
    {
        using var store = new StoreHarness();
        byte[] snapshot = Export(store.Store, 0);
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
        snapshot[9] += 2;
        using var next = new StoreHarness();
        ushort taken = next.Store.Scope("block");
        Assert.Equal(1, Import(next.Store, snapshot, 0, Scopes(("block", taken))));
    }

    [Fact]
    public void No_octets_whatever_make_it_throw() =>
        Gen.Select(Gen.Int[0, 2000], Gen.Byte).List[1, 10].Sample(changes =>
        {
            using var old = new StoreHarness();
            old.Store.Scope("block");
            for (int i = 0; i < 10; i++) old.Put($"{i}.example");
            byte[] snapshot = Export(old.Store, 0);
            foreach ((int at, byte value) in changes) snapshot[at % snapshot.Length] = value;
            using var next = new StoreHarness();
            ushort taken = next.Store.Scope("block");
            Import(next.Store, snapshot, 0, Scopes(("block", taken)));
        }, iter: 300);

    [Fact]
    public void Where_not_all_fit_those_asked_again_go_first_then_the_young()
    {
        using var old = new StoreHarness();
        old.Store.Scope("block");
        for (int i = 0; i < 100; i++) old.Put($"{i:00}.example", ttl: 3600, size: 1000);
        foreach (int i in new[] { 3, 5 }) old.Get($"{i:00}.example", 0);
        byte[] snapshot = Export(old.Store, 0, capacityBytes: 11_000);
        Assert.InRange(snapshot.Length, 9_000, 11_000);

        using var next = new StoreHarness();
        ushort taken = next.Store.Scope("block");
        Assert.Equal(10, Import(next.Store, snapshot, 0, Scopes(("block", taken))));
        foreach (int i in new[] { 3, 5, 92, 93, 94, 95, 96, 97, 98, 99 }) Assert.NotNull(next.Get($"{i:00}.example", 0));
    }

    [Fact]
    public void Many_buffers_full_go_over_whole()
    {
        using var old = new StoreHarness(8 << 20);
        old.Store.Scope("block");
        for (int i = 0; i < 100; i++) old.Put($"{i}.example", size: 60_000 - i);
        byte[] snapshot = Export(old.Store, 0);
        Assert.InRange(snapshot.Length, 5 << 20, 8 << 20);
        using var next = new StoreHarness(8 << 20);
        ushort taken = next.Store.Scope("block");
        Assert.Equal(100, Import(next.Store, snapshot, 0, Scopes(("block", taken))));
        Assert.Equal(100, next.Store.Count(taken, AnswerKind.Success));
    }

    private static byte[] Export(AnswerStore store, long nowMs, long capacityBytes = long.MaxValue)
    {
        using var stream = new MemoryStream();
        StoreSnapshot.Export(store, nowMs, capacityBytes, stream);
        return stream.ToArray();
    }

    private static int Import(AnswerStore store, byte[] snapshot, long nowMs, Dictionary<string, ushort> scopes)
    {
        using var stream = new MemoryStream(snapshot);
        return StoreSnapshot.Import(store, stream, nowMs, scopes);
    }

    private static Dictionary<string, ushort> Scopes(params (string Name, ushort Scope)[] scopes) =>
        scopes.ToDictionary(scope => scope.Name, scope => scope.Scope);
}
