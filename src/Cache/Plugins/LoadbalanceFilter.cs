using NodeDns.Corefile;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>loadbalance: round_robin puts address and MX records in random order, weighted moves one address to the
/// front. With prefer, addresses in the preferred networks come first.</summary>
/// <remarks>The records of a section are sorted as in CoreDNS: CNAMEs, others, addresses, MX. If only addresses of one
/// name change places, which is usual, the answer is changed in place. Otherwise it is written anew, because compressed
/// names refer to their position.</remarks>
internal sealed class LoadbalanceFilter : IReplyFilter, IPolled
{
    [ThreadStatic]
    private static RecordOrder? s_order;

    private readonly AddressRange[] _preferred;
    private readonly WeightFile? _weights;
    private readonly Random _random;

    internal LoadbalanceFilter(LoadbalanceConfig config, WeightFile? weights = null, Random? random = null)
    {
        _preferred = [.. config.Prefer.Select(network => new AddressRange(network))];
        _weights = weights;
        _random = random ?? Random.Shared;
    }

    /// <summary>How often the weight file is checked.</summary>
    public TimeSpan Period => _weights?.Period ?? TimeSpan.Zero;

    public int Apply(Span<byte> message, int length)
    {
        if (DnsHeader.Rcode(message) != Rcode.NoError
            || !QuestionReader.TryRead(message[..length], out var question)
            || question.Type is Qtype.AXFR or Qtype.IXFR
            || (_weights is not null && question.Type is not (Qtype.A or Qtype.AAAA or Qtype.SRV)))
        {
            return length;
        }

        var order = s_order ??= new RecordOrder();
        if (!order.Read(message[..length], question.End))
        {
            return length;
        }

        for (var section = Section.Answer; section <= Section.Additional; section++)
        {
            var records = order.Of(section);
            if (records.Length < 2)
            {
                continue;
            }

            if (_weights is null)
            {
                RoundRobin(message, order, section, records);
            }
            else if (section != Section.Authority)
            {
                Weighted(message, order, records, _weights.Weights);
            }
        }
        return order.Write(message, length);
    }

    /// <summary>Replies are changed just before they are sent, so cached answers stay correct.</summary>
    public bool Poll()
    {
        _weights?.Poll();
        return false;
    }

    private void RoundRobin(ReadOnlySpan<byte> message, RecordOrder order, Section section, Span<int> records)
    {
        var kinds = order.Group(records);
        var addresses = records[kinds.Addresses..kinds.Mx];
        _random.Shuffle(addresses);
        _random.Shuffle(records[kinds.Mx..]);
        if (_preferred.Length == 0 || section == Section.Authority)
        {
            return;
        }

        var placed = 0;
        foreach (var network in _preferred)
        {
            for (var i = placed; i < addresses.Length; i++)
            {
                if (!network.Contains(order.Address(message, addresses[i])))
                {
                    continue;
                }

                var preferred = addresses[i];
                addresses[placed..i].CopyTo(addresses[(placed + 1)..]);
                addresses[placed++] = preferred;
            }
        }
        // With weighted, CoreDNS puts the other records last.
        records[kinds.Others..].Reverse();
        records[kinds.Others..^(kinds.Addresses - kinds.Others)].Reverse();
        records[^(kinds.Addresses - kinds.Others)..].Reverse();
    }

    /// <summary>Moves one address to the front. Each is chosen with a probability in proportion to its
    /// weight.</summary>
    private void Weighted(ReadOnlySpan<byte> message, RecordOrder order, Span<int> records, WeightTable weights)
    {
        if (!order.HasAddress(records))
        {
            return;
        }

        var kinds = order.Group(records);
        var addresses = records[kinds.Addresses..kinds.Mx];
        var sum = 0;
        foreach (var record in addresses)
        {
            sum += Weight(message, order, record, weights);
        }

        int left = _random.Next(sum), chosen = 0;
        while (chosen < addresses.Length - 1)
        {
            left -= Weight(message, order, addresses[chosen], weights);
            if (left < 0)
            {
                break;
            }

            chosen++;
        }
        (addresses[0], addresses[chosen]) = (addresses[chosen], addresses[0]);
    }

    private static byte Weight(ReadOnlySpan<byte> message, RecordOrder order, int record, WeightTable weights)
    {
        Span<byte> owner = stackalloc byte[DnsName.MaxLength];
        owner = owner[..DnsName.Read(message, order.OwnerOffset(record), owner, out _)];
        DnsName.ToLower(owner, owner);
        return weights.Of(owner, order.Address(message, record));
    }
}
