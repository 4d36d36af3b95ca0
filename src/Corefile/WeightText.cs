using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using NodeDns.Addresses;

namespace NodeDns.Corefile;

/// <summary>Parses the weight file of loadbalance: a line with a name, followed by one line for each of its addresses,
/// with the address and its weight. Empty lines and lines that start with <c>#</c> are ignored.</summary>
public static class WeightText
{
    /// <summary>Returns the whole content, or null and the first wrong line. CoreDNS does not use a part of a file
    /// either.</summary>
    public static ImmutableArray<AddressWeight>? Parse(string text, out string problem)
    {
        var weights = ImmutableArray.CreateBuilder<AddressWeight>();
        string? name = null;
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var words = line.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words is [] || words[0].StartsWith('#'))
            {
                continue;
            }

            problem = words switch
            {
                [var word] => AddressText.TryAddress(word, out _)
                    ? $"{word} has no weight: expected a domain name, or an address and a weight" : "",
                [_, _] when name is null => $"expected a domain name before {words[0]}",
                [var word, _] when !AddressText.TryAddress(word, out _) => $"{word}: expected an address",
                [_, var word] => IsWeight(word, out _) ? "" : $"{word}: expected a weight, 1 to 255",
                _ => "expected a domain name, or an address and a weight",
            };
            if (problem.Length > 0)
            {
                problem = $"line {number}: {problem}";
                return null;
            }

            if (words is [var domain])
            {
                name = domain;
            }
            else if (AddressText.TryAddress(words[0], out var address) && IsWeight(words[1], out var weight))
            {
                weights.Add(new(name!, address, weight));
            }
        }

        problem = "";
        return weights.ToImmutable();
    }

    private static bool IsWeight(string text, out byte weight) =>
        byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out weight) && weight > 0;
}

/// <param name="Name">The name as written.</param>
/// <param name="Weight">1 to 255.</param>
public readonly record struct AddressWeight(string Name, IPAddress Address, byte Weight);
