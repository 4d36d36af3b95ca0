using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry.Talkers;

/// <summary>The clients of one worker that ask most, with their counts: a fixed number of slots, however many addresses
/// there are.</summary>
/// <remarks>
/// <para>A lookup that waited for upstream is counted by itself. Of those answered at once only one in
/// <see cref="SampleEvery"/> is, for as many: a hit costs one subtraction. The gaps between samples are random, so that
/// no client can ask between them.</para>
/// <para>Space-saving (Metwally, Agrawal, El Abbadi 2005) in sets of <see cref="Ways"/>: a client that has no slot takes
/// that of the least in its set, and begins with the rank of the one before. So a client that makes more than an eighth of
/// its set's traffic always has a slot. Ranks are halved after each <see cref="HalveAfter"/> of work, so that clients that
/// have gone lose their slots in the end.</para>
/// <para>The worker's thread writes, and one other thread reads with <see cref="Collect"/>. The version of a slot is odd
/// while it changes hands (a sequence lock), so counts are never given to another client.</para>
/// </remarks>
public sealed class TalkerTable
{
    /// <summary>How many lookups that are answered at once stand behind one that is counted.</summary>
    public const int SampleEvery = 64;

    private const int Sets = 32;
    private const int Ways = 8;

    /// <summary>The rank of a query, and what each of a miss, an NXDOMAIN and a failure adds: they are what somebody looks
    /// for, and a miss costs about that many hits.</summary>
    private const int QueryRank = 1;
    private const int TroubleRank = 16;
    private const long HalveAfter = 1 << 20;

    private static readonly (ulong High, ulong Low) s_key = DrawKey();

    private readonly Slot[] _slots;
    private readonly Seen[] _seen;
    private TalkerCounts _total;
    private long _sinceHalved;
    private int _untilSample;
    private ulong _random = s_key.High ^ s_key.Low | 1;

    /// <param name="isOn">false: it counts nothing and has no slots.</param>
    internal TalkerTable(bool isOn)
    {
        _slots = isOn ? new Slot[Sets * Ways] : [];
        _seen = isOn ? new Seen[Sets * Ways] : [];
        _untilSample = NextGap();
    }

    /// <summary>Counts a lookup that was answered at once. Only the worker's thread may call this.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AnsweredAtOnce(in SocketAddress client, int rcode)
    {
        if (--_untilSample <= 0)
        {
            Sample(client, rcode);
        }
    }

    /// <summary>Counts a lookup that waited for upstream. Only the worker's thread may call this.</summary>
    public void AnsweredLater(in SocketAddress client, int rcode) => Count(client, queries: 1, misses: 1, rcode);

    /// <summary>Counts a question that was asked upstream for a client, in addition to the client's own.</summary>
    public void AlsoAsked(in SocketAddress client) => Count(client, queries: 0, misses: 1, rcode: 0);

    /// <summary>Adds to <paramref name="gains"/> what each client has been counted for since the last call.</summary>
    /// <returns>All that has been counted since the start, also for clients that have no slot any more.</returns>
    internal TalkerCounts Collect(Dictionary<UInt128, TalkerGain> gains)
    {
        // Read first, and written last: so it is never ahead of the slots.
        var total = default(TalkerCounts);
        for (var count = 0; count < TalkerCounts.Length; count++)
        {
            total[count] = Volatile.Read(ref _total[count]);
        }

        for (var i = 0; i < _slots.Length; i++)
        {
            ref var slot = ref _slots[i];
            var version = Volatile.Read(ref slot.Version);
            var (client, counts, rank) = (new UInt128(slot.High, slot.Low), slot.Counts, slot.Rank - slot.Inherited);
            Interlocked.MemoryBarrier();
            if (version == 0 || (version & 1) != 0 || Volatile.Read(ref slot.Version) != version)
            {
                continue;
            }

            ref var seen = ref _seen[i];
            ref var gain = ref CollectionsMarshal.GetValueRefOrAddDefault(gains, client, out _);
            for (var count = 0; count < TalkerCounts.Length; count++)
            {
                gain.Counts[count] += counts[count] - (seen.Version == version ? seen.Counts[count] : 0);
            }

            gain.Rank += rank;
            (seen.Version, seen.Counts) = (version, counts);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Sample(in SocketAddress client, int rcode)
    {
        _untilSample = NextGap();
        Count(client, SampleEvery, misses: 0, rcode);
    }

    private void Count(in SocketAddress client, int queries, int misses, int rcode)
    {
        if (_slots.Length == 0)
        {
            return;
        }

        const int servFail = 2, nxDomain = 3;
        var added = default(TalkerCounts);
        added[TalkerCount.Queries] = queries;
        added[TalkerCount.Misses] = misses;
        added[TalkerCount.NxDomain] = rcode == nxDomain ? queries : 0;
        added[TalkerCount.Failures] = rcode == servFail ? queries : 0;
        var rank = queries * QueryRank
            + (misses + added[TalkerCount.NxDomain] + added[TalkerCount.Failures]) * TroubleRank;

        ref var slot = ref SlotOf(client);
        slot.Counts.Add(added);
        slot.Rank += rank;
        for (var count = 0; count < TalkerCounts.Length; count++)
        {
            Volatile.Write(ref _total[count], _total[count] + added[count]);
        }

        _sinceHalved += rank;
        if (_sinceHalved >= HalveAfter)
        {
            HalveRanks();
        }
    }

    /// <summary>The client's slot, which another may have had until now.</summary>
    private ref Slot SlotOf(in SocketAddress client)
    {
        var (high, low) = Words(client);
        var set = _slots.AsSpan((int)(Hash(high, low) % Sets) * Ways, Ways);
        ref var least = ref set[0];
        foreach (ref var slot in set)
        {
            if (slot.High == high && slot.Low == low && slot.Version != 0)
            {
                return ref slot;
            }

            if (slot.Rank < least.Rank)
            {
                least = ref slot;
            }
        }

        Volatile.Write(ref least.Version, least.Version + 1);
        Interlocked.MemoryBarrier();
        (least.High, least.Low, least.Counts, least.Inherited) = (high, low, default, least.Rank);
        Volatile.Write(ref least.Version, least.Version + 1);
        return ref least;
    }

    private void HalveRanks()
    {
        _sinceHalved = 0;
        foreach (ref var slot in _slots.AsSpan())
        {
            slot.Rank /= 2;
            slot.Inherited /= 2;
        }
    }

    /// <summary>1 to twice <see cref="SampleEvery"/> less one, each as likely (xorshift64, Marsaglia 2003).</summary>
    private int NextGap()
    {
        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        return 1 + (int)(_random % (2 * SampleEvery - 1));
    }

    /// <summary>The address as IPv6, an IPv4 address mapped into it (RFC 4291 section 2.5.5.2), so that a client is one
    /// whatever socket it came to.</summary>
    private static (ulong High, ulong Low) Words(in SocketAddress client)
    {
        var address = client.Address;
        return client.Family == SocketAddress.FamilyIPv6
            ? (BinaryPrimitives.ReadUInt64BigEndian(address), BinaryPrimitives.ReadUInt64BigEndian(address[8..]))
            : (0UL, 0xFFFF_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(address));
    }

    /// <summary>Keyed, so that nobody can choose addresses that all fall into one set.</summary>
    private static ulong Hash(ulong high, ulong low)
    {
        var product = Math.BigMul(high ^ s_key.High, low ^ s_key.Low, out var folded);
        return BitOperations.RotateLeft((product ^ folded) * 0x9E37_79B9_7F4A_7C15, 29);
    }

    private static (ulong High, ulong Low) DrawKey()
    {
        Span<ulong> key = stackalloc ulong[2];
        Libc.FillRandom(MemoryMarshal.AsBytes(key));
        return (key[0], key[1]);
    }

    private struct Slot
    {
        /// <summary>0: nobody has had it yet. Odd: it changes hands.</summary>
        public ulong Version;
        public ulong High;
        public ulong Low;
        public TalkerCounts Counts;

        /// <summary>Of this client and of those before, as much as they made and as has not been forgotten.</summary>
        public long Rank;

        /// <summary>The part of <see cref="Rank"/> that was made before this client came.</summary>
        public long Inherited;
    }

    /// <summary>A slot as <see cref="Collect"/> last saw it.</summary>
    private struct Seen
    {
        public ulong Version;
        public TalkerCounts Counts;
    }
}
