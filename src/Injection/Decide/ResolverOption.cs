namespace NodeDns.Injection.Decide;

/// <summary>One item of resolv.conf's options line: <c>ndots:5</c>, or <c>use-vc</c> with a null value.</summary>
public readonly record struct ResolverOption(string Name, string? Value)
{
    /// <summary>True when a layer removes an option that lower layers have set (<c>use-vc: "false"</c>).</summary>
    public bool Removed { get; init; }

    public override string ToString() => Value is null ? Name : $"{Name}:{Value}";

    /// <summary>Parses <c>name[:value],…</c>. Spaces around a comma are ignored.</summary>
    /// <returns>false when an item has no name, or a name with characters that no resolver option has.</returns>
    public static bool TryParseList(string text, List<ResolverOption> into, out string wrong)
    {
        wrong = "";
        foreach (var item in text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = item.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? item : item[..colon];
            var value = colon < 0 || colon == item.Length - 1 ? null : item[(colon + 1)..];
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            {
                wrong = item;
                return false;
            }
            into.Add(new ResolverOption(name, value));
        }
        return true;
    }
}
