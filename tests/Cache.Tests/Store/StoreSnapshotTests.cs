using System.Buffers;
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
        Assert.Equal(2, StoreSnapshot.Import(next.Store, snapshot, 500_000, Scopes(("block", taken))));
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
        Assert.Equal(-1, StoreSnapshot.Import(store.Store, snapshot, 0, Scopes()));
        Assert.Equal(-1, StoreSnapshot.Import(store.Store, "nonsense"u8, 0, Scopes()));
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
        Assert.Equal(1, StoreSnapshot.Import(next.Store, snapshot, 0, Scopes(("block", taken))));
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
            StoreSnapshot.Import(next.Store, snapshot, 0, Scopes(("block", taken)));
        }, iter: 300);

    private static byte[] Export(AnswerStore store, long nowMs)
    {
        var writer = new ArrayBufferWriter<byte>();
        StoreSnapshot.Export(store, nowMs, writer);
        return writer.WrittenSpan.ToArray();
    }

    private static Dictionary<string, ushort> Scopes(params (string Name, ushort Scope)[] scopes) =>
        scopes.ToDictionary(scope => scope.Name, scope => scope.Scope);
}
