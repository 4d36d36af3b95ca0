using NodeDns.Corefile;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>Remembers what one rule has made of the last names, so that a repeated question allocates nothing.</summary>
/// <remarks>All workers share it without a lock: an entry never changes, and a place gets another one whole.</remarks>
internal sealed class RenamedNames(RewriteNameRule rule)
{
    private const int Places = 256;

    private readonly Entry?[] _entries = new Entry?[Places];

    /// <param name="name">One that the rule matches: lower case, with the final dot.</param>
    /// <returns>Likewise; null when the rule makes no domain name of it.</returns>
    public string? Of(ReadOnlySpan<char> name)
    {
        ref var place = ref _entries[string.GetHashCode(name) & (Places - 1)];
        var entry = Volatile.Read(ref place);
        if (entry is null || !name.SequenceEqual(entry.From))
        {
            entry = Make(name.ToString());
            Volatile.Write(ref place, entry);
        }
        return entry.To;
    }

    private Entry Make(string from)
    {
        if (DnsName.Parse(RewriteRules.Replace(rule.Match, rule.To, from)!) is not { } wire)
        {
            return new Entry(from, null);
        }
        DnsName.ToLower(wire, wire);
        return new Entry(from, DnsName.ToText(wire));
    }

    private sealed record Entry(string From, string? To);
}
