using System.Globalization;

namespace NodeDns.Injection.Decide;

/// <summary>Merges the layers of resolver options, starting with the lowest. The last value of a name is used, as in
/// kubelet's mergeDNSOptions. The result is sorted, so that equal pods get equal patches.</summary>
internal sealed class OptionMerge
{
    private readonly List<ResolverOption> _merged = new(4);

    public void Add(IReadOnlyList<ResolverOption> layer)
    {
        for (var i = 0; i < layer.Count; i++)
        {
            Add(layer[i]);
        }
    }

    public void Add(ResolverOption option)
    {
        for (var i = 0; i < _merged.Count; i++)
        {
            if (_merged[i].Name != option.Name)
            {
                continue;
            }

            _merged.RemoveAt(i);
            break;
        }
        if (!option.Removed)
        {
            _merged.Add(option);
        }
    }

    /// <summary>The value of ndots as musl reads it: 1 when it is missing or not a number, and at most 15.</summary>
    public int Ndots
    {
        get
        {
            var ndots = _merged.Find(static option => option.Name == "ndots");
            return int.TryParse(ndots.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                ? Math.Min(value, KnownOptions.MaxNdots) : 1;
        }
    }

    public List<ResolverOption> ToSorted()
    {
        _merged.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return _merged;
    }
}
