using System.Net;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Interop;
using NodeDns.Linux.KernelAnswers;
using Xunit;

namespace NodeDns.Cache.Tests.Store;

/// <summary>Copies of answers for the kernel, here in the memory of a file: it is mapped as a BPF map is.</summary>
public sealed unsafe class KernelCopiesTests : IDisposable
{
    private static readonly IPEndPoint s_address = IPEndPoint.Parse("169.254.20.10:53");

    private readonly StoreHarness _store = new();
    private readonly Owner _owner = new();
    private readonly object _configuration = new();
    private readonly int _file = Libc.MemoryFile("answers").OrThrow("memfd_create");
    private readonly byte* _memory;

    public KernelCopiesTests()
    {
        _memory = Libc.MapFile(_file, AnswerSlots.MapEntries * AnswerSlots.SlotSize);
        _store.Store.Scope("a");
        _store.Store.CopyOnlyFor(_configuration);
        _store.Store.CopyTo(AnswerSlots.Map(_file), [s_address]);
    }

    public void Dispose()
    {
        _store.Dispose();
        Libc.UnmapPages(_memory, AnswerSlots.MapEntries * AnswerSlots.SlotSize);
        Libc.Close(_file);
    }

    [Fact]
    public void A_copy_is_written_whole_between_two_even_sequences()
    {
        _store.Put("www.example", ttl: 30, nowMs: 1000);
        Copy("www.example");
        var slot = Slot("www.example");
        Assert.Equal(2, BitConverter.ToInt32(slot));
        Assert.Equal(1000, BitConverter.ToInt64(slot[64..]));
        Assert.Equal(31_000, BitConverter.ToInt64(slot[72..]));
        Assert.Equal(DnsName.ParseLower("www.example"), slot.Slice(104, BitConverter.ToUInt16(slot[90..])).ToArray());
        var records = slot.Slice(296, BitConverter.ToUInt16(slot[92..]));
        Assert.Equal("www.example", StoreHarness.Content(records));
        Assert.Equal(6, BitConverter.ToUInt16(slot[232..]));
    }

    [Fact]
    public void A_copy_goes_with_its_entry()
    {
        _store.Put("www.example");
        Copy("www.example");
        _store.Put("www.example", content: "new");
        Assert.Equal(0, _store.Store.CopyCount);
        Assert.True(IsEmpty(Slot("www.example")));
        Copy("www.example");
        _store.Store.Remove(StoreHarness.Key("www.example"));
        Assert.True(IsEmpty(Slot("www.example")));
        Assert.Equal(0, BitConverter.ToInt32(Slot("www.example")) % 2);
    }

    [Fact]
    public void A_copy_goes_when_its_entry_is_evicted()
    {
        _store.Put("www.example");
        Copy("www.example");
        for (var i = 0; _store.Store.Evictions == 0; i++)
        {
            Assert.Equal(1, _store.Store.CopyCount);
            _store.Put($"other-{i}.example");
        }
        Assert.Equal(0, _store.Store.CopyCount);
        Assert.True(IsEmpty(Slot("www.example")));
    }

    [Fact]
    public void Nothing_is_copied_that_the_kernel_could_not_answer()
    {
        _store.Put("long-records.example", size: 800);
        _store.Put("dnssec.example", flags: KeyFlags.DnssecOk);
        var name = string.Join('.', Enumerable.Repeat("a-label-of-20-octets", 7));
        _store.Put(name);
        Copy("long-records.example");
        Copy("dnssec.example", KeyFlags.DnssecOk);
        Copy(name);
        _store.Put("other-address.example");
        _owner.EndPoint = IPEndPoint.Parse("169.254.20.11:53");
        Copy("other-address.example");
        Assert.Equal(0, _store.Store.CopyCount);
    }

    [Fact]
    public void An_owner_of_another_configuration_copies_nothing()
    {
        _store.Put("www.example");
        Copy("www.example");
        _store.Store.CopyOnlyFor(new object());
        Assert.True(IsEmpty(Slot("www.example")));
        Copy("www.example");
        Assert.Equal(0, _store.Store.CopyCount);
    }

    [Fact]
    public void While_paused_nothing_is_copied()
    {
        _store.Put("www.example");
        Copy("www.example");
        _store.Store.PauseCopies();
        _store.Store.PauseCopies();
        Assert.True(IsEmpty(Slot("www.example")));
        _store.Store.ResumeCopies();
        Assert.False(_store.Store.IsCopying);
        Copy("www.example");
        Assert.Equal(0, _store.Store.CopyCount);
        _store.Store.ResumeCopies();
        Copy("www.example");
        Assert.Equal(1, _store.Store.CopyCount);
    }

    [Fact]
    public void Clients_that_are_watched_are_told_to_the_kernel_which_answers_the_others()
    {
        _store.Put("www.example");
        Copy("www.example");
        _store.Store.WatchClients([IPNetwork.Parse("10.1.2.0/24"), IPNetwork.Parse("fd00::1/128"), IPNetwork.Parse("::/0")]);
        Assert.Equal(
            "00000003 00000000 "
            + "00000000000000000000FFFF0A010200 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00 "
            + "FD000000000000000000000000000001 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF "
            + "00000000000000000000000000000000 00000000000000000000000000000000",
            Watched());
        Assert.False(IsEmpty(Slot("www.example")));

        _store.Store.CopyTo(AnswerSlots.Map(_file), [s_address]);
        Assert.StartsWith("00000003", Watched(), StringComparison.Ordinal);
        _store.Store.WatchClients([]);
        Assert.Equal("00000000 00000000", Watched());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(AnswerSlots.MaxWatched + 1)]
    public void While_everybody_is_watched_or_too_many_are_nothing_is_copied(int networks)
    {
        _store.Put("www.example");
        Copy("www.example");
        _store.Store.WatchClients(
            networks < 0 ? null : [.. Enumerable.Range(0, networks).Select(i => IPNetwork.Parse($"10.1.{i}.0/24"))]);
        Assert.True(IsEmpty(Slot("www.example")));
        Assert.Equal("00000000 00000000", Watched());
        Copy("www.example");
        Assert.Equal(0, _store.Store.CopyCount);
        _store.Store.WatchClients([]);
        Copy("www.example");
        Assert.Equal(1, _store.Store.CopyCount);
    }

    [Fact]
    public void Hits_are_counted_once_with_and_without_OPT()
    {
        _store.Put("www.example", kind: AnswerKind.Denial);
        Copy("www.example");
        Hit("www.example", plain: 3, edns: 2);
        _store.Store.CountCopies(0);
        _store.Store.CountCopies(0);
        Hit("www.example", plain: 1, edns: 0);
        _store.Store.Remove(StoreHarness.Key("www.example"));
        var size = 12 + 13 + 4;
        var reply = size + StoreHarness.Records("www.example", 20).Length;
        Assert.Equal(
            [
                new CopyHits(3, (ushort)Qtype.TXT, 0, true, size, reply),
                new CopyHits(2, (ushort)Qtype.TXT, 0, true, size + 11, reply + 11),
                new CopyHits(1, (ushort)Qtype.TXT, 0, true, size, reply),
            ],
            _owner.Hits);
    }

    [Fact]
    public void A_full_set_keeps_what_is_asked_for_and_gives_up_what_is_not()
    {
        var first = AnswerSlots.FirstOf(Hash("n0.example"));
        var names = Enumerable.Range(0, 100_000).Select(i => $"n{i}.example")
            .Where(name => AnswerSlots.FirstOf(Hash(name)) == first).Take(AnswerSlots.Ways + 1).ToList();
        names.ForEach(name => _store.Put(name, ttl: 1000));
        names.ForEach(name => Copy(name));
        Assert.Equal(AnswerSlots.Ways, _store.Store.CopyCount);
        Assert.True(IsEmpty(Slot(names[^1])));

        for (var round = 0; round < 3; round++)
        {
            names.Skip(1).Take(AnswerSlots.Ways - 1).ToList().ForEach(name => Hit(name, 1, 0));
            _store.Store.CountCopies(0);
        }
        Copy(names[^1]);
        Assert.False(IsEmpty(Slot(names[^1])));
        Assert.True(IsEmpty(Slot(names[0])));
        Assert.Equal(AnswerSlots.Ways, _store.Store.CopyCount);
    }

    private static ulong Hash(string name) => AnswerSlots.HashOf(0, (ushort)Qtype.TXT, DnsName.ParseLower(name));

    private static bool IsEmpty(ReadOnlySpan<byte> slot) => slot.IsEmpty || BitConverter.ToUInt16(slot[90..]) == 0;

    private void Copy(string name, KeyFlags flags = 0) =>
        _store.Store.Copy(StoreHarness.Key(name, flags: flags), _owner, _configuration, nowMs: 1000);

    private void Hit(string name, ulong plain, ulong edns)
    {
        var slot = Slot(name);
        BitConverter.TryWriteBytes(slot[8..], BitConverter.ToUInt64(slot[8..]) + plain);
        BitConverter.TryWriteBytes(slot[16..], BitConverter.ToUInt64(slot[16..]) + edns);
    }

    /// <summary>The block after the slots: how many networks, and address and mask of each.</summary>
    private string Watched()
    {
        var block = new ReadOnlySpan<byte>(_memory + AnswerSlots.Count * AnswerSlots.SlotSize, AnswerSlots.SlotSize);
        var count = BitConverter.ToInt32(block);
        var fields = new List<string> { $"{count:X8}", Convert.ToHexString(block.Slice(4, 4)) };
        for (var i = 0; i < 2 * count; i++)
        {
            fields.Add(Convert.ToHexString(block.Slice(8 + i * 16, 16)));
        }
        return string.Join(' ', fields);
    }

    /// <summary>The slot that holds the name, or held it last when no name is in its place; empty when there is
    /// none.</summary>
    private Span<byte> Slot(string name)
    {
        var wire = DnsName.ParseLower(name);
        var first = AnswerSlots.FirstOf(Hash(name));
        for (var slot = first; slot < first + AnswerSlots.Ways; slot++)
        {
            var octets = new Span<byte>(_memory + slot * AnswerSlots.SlotSize, AnswerSlots.SlotSize);
            if (octets[104..].StartsWith(wire))
            {
                return octets;
            }
        }
        return default;
    }

    private sealed class Owner : ICopyOwner
    {
        public IPEndPoint EndPoint { get; set; } = s_address;

        public List<CopyHits> Hits { get; } = [];

        public ushort UdpSize => 1232;

        public bool KeepsTtl => false;

        public long UntilMs(long storedMs, uint ttlSeconds) => storedMs + ttlSeconds * 1000L;

        public void Count(in CopyHits hits) => Hits.Add(hits);
    }
}
