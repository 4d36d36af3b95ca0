using System.Collections;
using System.Runtime.CompilerServices;

namespace NodeDns.Addresses;

/// <summary>Addresses in their order, each in the spelling in which it was given. They are compared as addresses: of
/// fd00:20::10 and FD00:20:0:0:0:0:0:10 the list has the one that came first. A text that is no address is equal to
/// itself only.</summary>
[CollectionBuilder(typeof(AddressList), nameof(Of))]
public sealed class AddressList : IReadOnlyList<string>
{
    private readonly List<string> _texts = [];

    private AddressList(ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            if (!Contains(text))
            {
                _texts.Add(text);
            }
        }
    }

    public int Count => _texts.Count;

    public string this[int index] => _texts[index];

    public static AddressList Of(ReadOnlySpan<string> texts) => new(texts);

    /// <summary>True when the list has this address, in whatever spelling.</summary>
    public bool Contains(string? text)
    {
        foreach (var one in _texts)
        {
            if (AddressText.AreSame(one, text))
            {
                return true;
            }
        }

        return false;
    }

    public IEnumerator<string> GetEnumerator() => _texts.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
