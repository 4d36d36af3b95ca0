using System.Net;
using NodeDns.Dns.Wire;
using NodeDns.Linux.KernelAnswers;

namespace NodeDns.Cache.Store;

/// <summary>Which entries of the store the kernel has copies of. All members are called under the store's lock.</summary>
/// <remarks>A copy is taken out when its entry is removed or replaced, and all are when the configuration changes. What the
/// kernel has answered is read from the copies once a second and before each scrape: it is counted, it keeps the entry
/// from being evicted, and it counts for prefetch.</remarks>
/// <param name="news">Is told how often an entry was asked for in the kernel.</param>
internal sealed class KernelCopies(Action<uint, long> news)
{
    /// <summary>A copy that was not asked for this long makes room for another.</summary>
    private const int IdleRounds = 3;

    private readonly Copy[] _copies = new Copy[AnswerSlots.Count];
    private readonly Dictionary<uint, int> _slotOf = [];
    private AnswerSlots? _slots;
    private IReadOnlyList<IPEndPoint> _servers = [];
    private IReadOnlyList<IPNetwork> _watched = [];
    private bool _isEveryoneWatched;
    private int _pauses;

    /// <summary>How many answers the kernel has copies of.</summary>
    public int Count => _slotOf.Count;

    /// <summary>There is memory to copy answers to, and nothing forbids it now.</summary>
    public bool IsOn => _slots is not null && _pauses == 0 && !_isEveryoneWatched;

    /// <summary>Copies to this memory from now on; null for none.</summary>
    /// <param name="servers">The addresses at which the kernel answers, by their numbers.</param>
    public void Use(AnswerSlots? slots, IReadOnlyList<IPEndPoint> servers)
    {
        Clear();
        _slots?.Dispose();
        _slots = slots;
        _servers = servers;
        Array.Clear(_copies);
        _slots?.Watch(_watched);
    }

    /// <summary>The kernel answers none of these clients from now on. When there are more networks than it can compare with,
    /// it answers nobody.</summary>
    /// <param name="networks">null: everybody is watched.</param>
    public void Watch(IReadOnlyList<IPNetwork>? networks)
    {
        _isEveryoneWatched = networks is null || networks.Count > AnswerSlots.MaxWatched;
        _watched = _isEveryoneWatched ? [] : networks!;
        _slots?.Watch(_watched);
        if (_isEveryoneWatched)
        {
            Clear();
        }
    }

    /// <summary>Takes all copies out, and makes none until <see cref="Resume"/> was called as often.</summary>
    public void Pause()
    {
        _pauses++;
        Clear();
    }

    public void Resume() => _pauses--;

    /// <summary>Takes all copies out.</summary>
    public void Clear()
    {
        foreach (var (entry, slot) in _slotOf)
        {
            _slots!.Clear(slot);
            Settle(entry, slot);
            _copies[slot].Owner = null;
        }
        _slotOf.Clear();
    }

    /// <summary>Copies an entry, unless its set is full of copies that are asked for.</summary>
    public void Add(uint entry, ICopyOwner owner, in AnswerKey key, in AnswerRecords answer, long storedMs, long nowMs)
    {
        var server = ServerOf(owner.EndPoint);
        var untilMs = owner.UntilMs(storedMs, answer.TtlSeconds);
        if (server < 0 || untilMs <= nowMs || key.Flags != KeyFlags.None || key.Class != Qclass.IN
            || !key.SentOptions.IsEmpty || key.Name.Length > AnswerSlots.MaxName
            || answer.TtlOffsets.Length > AnswerSlots.MaxTtls || answer.Records.Length is 0 or > AnswerSlots.MaxRecords)
        {
            return;
        }
        if (_slotOf.ContainsKey(entry))
        {
            return;
        }
        var hash = AnswerSlots.HashOf(server, (ushort)key.Type, key.Name);
        var slot = Place(hash);
        if (slot < 0)
        {
            return;
        }
        if (_copies[slot].Owner is not null)
        {
            Remove(_copies[slot].Entry);
        }
        var hits = _slots!.Hits(slot);
        var question = DnsHeader.Length + key.Name.Length + 4;
        _copies[slot] = new Copy
        {
            Owner = owner,
            Entry = entry,
            Plain = hits.Plain,
            Edns = hits.Edns,
            Type = (ushort)key.Type,
            Rcode = answer.HeaderFlags & DnsHeader.RcodeMask,
            IsDenial = answer.Kind == AnswerKind.Denial,
            QuerySize = question,
            ReplySize = question + answer.Records.Length,
        };
        _slotOf[entry] = slot;
        _slots.Write(slot, hash, new AnswerCopy
        {
            Server = server,
            Name = key.Name,
            Type = (ushort)key.Type,
            HeaderFlags = answer.HeaderFlags,
            StoredMs = storedMs,
            UntilMs = untilMs,
            TtlSeconds = answer.TtlSeconds,
            KeepsTtl = owner.KeepsTtl,
            UdpSize = owner.UdpSize,
            Counts = answer.Counts,
            Records = answer.Records,
            TtlOffsets = answer.TtlOffsets,
        });
    }

    /// <summary>The entry is about to go.</summary>
    public void Remove(uint entry)
    {
        if (_slotOf.Remove(entry, out var slot))
        {
            _slots!.Clear(slot);
            Settle(entry, slot);
            _copies[slot].Owner = null;
        }
    }

    /// <summary>Counts what the kernel has answered since the last call.</summary>
    public void Settle()
    {
        foreach (var (entry, slot) in _slotOf)
        {
            _copies[slot].IdleRounds = Settle(entry, slot) ? 0 : _copies[slot].IdleRounds + 1;
        }
    }

    /// <returns>false when there was nothing to count.</returns>
    private bool Settle(uint entry, int slot)
    {
        ref var copy = ref _copies[slot];
        var (plain, edns) = _slots!.Hits(slot);
        var (newPlain, newEdns) = ((long)(plain - copy.Plain), (long)(edns - copy.Edns));
        if ((newPlain | newEdns) == 0)
        {
            return false;
        }
        (copy.Plain, copy.Edns) = (plain, edns);
        Tell(copy, newPlain, 0);
        Tell(copy, newEdns, QueryEdns.EmptyOptLength);
        news(entry, newPlain + newEdns);
        return true;
    }

    private static void Tell(in Copy copy, long count, int opt)
    {
        if (count > 0)
        {
            copy.Owner!.Count(new CopyHits(
                count, copy.Type, copy.Rcode, copy.IsDenial, copy.QuerySize + opt, copy.ReplySize + opt));
        }
    }

    /// <returns>-1 when every slot of the set is in use.</returns>
    private int Place(ulong hash)
    {
        var first = AnswerSlots.FirstOf(hash);
        var longest = IdleRounds - 1;
        var place = -1;
        for (var slot = first; slot < first + AnswerSlots.Ways; slot++)
        {
            if (_copies[slot].Owner is null)
            {
                return slot;
            }
            if (_copies[slot].IdleRounds > longest)
            {
                (place, longest) = (slot, _copies[slot].IdleRounds);
            }
        }
        return place;
    }

    private int ServerOf(IPEndPoint endPoint)
    {
        for (var i = 0; i < _servers.Count; i++)
        {
            if (_servers[i].Equals(endPoint))
            {
                return i;
            }
        }
        return -1;
    }

    private struct Copy
    {
        public ICopyOwner? Owner;
        public uint Entry;
        public ulong Plain, Edns;
        public int QuerySize, ReplySize, Rcode, IdleRounds;
        public ushort Type;
        public bool IsDenial;
    }
}
