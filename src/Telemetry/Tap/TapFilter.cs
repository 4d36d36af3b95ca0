using System.Globalization;
using System.Net;
using System.Text;
using NodeDns.Addresses;

namespace NodeDns.Telemetry.Tap;

/// <summary>Selects the lookups that a reader wants. All its conditions must be met.</summary>
/// <remarks>
/// Over the socket it is one line of words, each at most once, ended by a line feed. An empty line wants everything.
/// <code>
/// client=10.0.3.7 or 10.0.3.0/24[,…]   any of these        type=28        by number
/// name=*.example.com                   * and ? as in a shell, without the final dot; "." is the root
/// rcode=3     slower=5000000 (ns)      from=upstream,stale (TapSource)     sample=100: one in a hundred
/// </code>
/// </remarks>
public sealed class TapFilter
{
    /// <summary>The longest line in octets, including its line feed.</summary>
    public const int MaxLength = 4096;

    private readonly List<IPNetwork> _clients = [];
    private byte[]? _name;
    private ushort? _type;
    private ushort? _rcode;
    private long _slowerThanNs;
    private uint _sources = uint.MaxValue;
    private int _sample = 1;
    private int _sinceSample;

    /// <summary>The clients that it selects; empty for everybody.</summary>
    public IReadOnlyList<IPNetwork> Clients => _clients;

    /// <param name="problem">The invalid word, and what was expected; null when the line is valid.</param>
    public static TapFilter? Parse(string line, out string? problem)
    {
        var filter = new TapFilter();
        var seen = new HashSet<string>();
        foreach (var word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = at < 0 ? (word, "") : (word[..at], word[(at + 1)..]);
            problem = !seen.Add(key) ? "it stands there twice" : filter.Take(key, value);
            if (problem is not null)
            {
                problem = $"{word}: {problem}";
                return null;
            }
        }

        problem = null;
        return filter;
    }

    public bool Matches(in TapEntry entry)
    {
        if (_type is { } type && type != entry.Type
            || _rcode is { } rcode && rcode != entry.Rcode
            || entry.DurationNs < _slowerThanNs
            || (_sources >> (int)entry.Source & 1) == 0
            || _clients.Count > 0 && !HasClient(entry)
            || _name is not null && !HasName(entry.Name))
        {
            return false;
        }

        if (++_sinceSample < _sample)
        {
            return false;
        }

        _sinceSample = 0;
        return true;
    }

    private string? Take(string key, string value)
    {
        switch (key)
        {
            case "client":
                foreach (var text in value.Split(','))
                {
                    if (!AddressText.TryNetwork(text, single: true, out var network))
                    {
                        return $"{text}: expected an address or a network such as 10.0.3.0/24";
                    }

                    _clients.Add(network);
                }

                return null;
            case "name":
                _name = Encoding.Latin1.GetBytes(value == "." ? "" : value.TrimEnd('.').ToLowerInvariant());
                return value.Length > 0 ? null : "expected a name or a pattern such as *.example.com";
            case "type":
                return Number(value, ushort.MaxValue, out var type) ?? Set(ref _type, (ushort)type);
            case "rcode":
                return Number(value, ushort.MaxValue, out var rcode) ?? Set(ref _rcode, (ushort)rcode);
            case "slower":
                return Number(value, long.MaxValue, out _slowerThanNs);
            case "sample":
                var problem = Number(value, int.MaxValue, out var sample);
                _sample = (int)Math.Max(1, sample);
                return problem;
            case "from":
                _sources = 0;
                foreach (var text in value.Split(','))
                {
                    if (!Enum.TryParse<TapSource>(text, ignoreCase: true, out var source) || !char.IsLetter(text[0]))
                    {
                        return $"{text}: expected {string.Join(", ", Enum.GetNames<TapSource>()).ToLowerInvariant()}";
                    }

                    _sources |= 1u << (int)source;
                }

                return null;
            default:
                return "expected client, name, type, rcode, slower, from or sample";
        }
    }

    private static string? Set(ref ushort? field, ushort value)
    {
        field = value;
        return null;
    }

    private static string? Number(string value, long most, out long number) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most
            ? null
            : $"expected a number from 0 to {most}";

    private bool HasClient(in TapEntry entry)
    {
        var address = entry.Client.ToIPEndPoint().Address;
        foreach (var network in _clients)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private bool HasName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return false;
        }

        Span<byte> dotted = stackalloc byte[byte.MaxValue];
        var length = 0;
        for (var at = 0; at < name.Length && name[at] is not 0 and var label && at + 1 + label <= name.Length; at += 1 + label)
        {
            if (length > 0)
            {
                dotted[length++] = (byte)'.';
            }

            name.Slice(at + 1, label).CopyTo(dotted[length..]);
            length += label;
        }

        return IsLike(dotted[..length], _name);
    }

    /// <summary>Matches a shell pattern: <c>*</c> stands for any octets, <c>?</c> for one.</summary>
    private static bool IsLike(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern)
    {
        var (at, by, star, afterStar) = (0, 0, -1, 0);
        while (at < text.Length)
        {
            if (by < pattern.Length && pattern[by] == '*')
            {
                (star, afterStar) = (by++, at);
            }
            else if (by < pattern.Length && (pattern[by] == '?' || pattern[by] == text[at]))
            {
                at++;
                by++;
            }
            else if (star >= 0)
            {
                (by, at) = (star + 1, ++afterStar);
            }
            else
            {
                return false;
            }
        }

        return pattern[by..].IndexOfAnyExcept((byte)'*') < 0;
    }
}
