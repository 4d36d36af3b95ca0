namespace NodeDns.Injection.Decide;

/// <summary>The warnings that kubectl shows to the pod's author. If all of them together exceed 4096 characters, the
/// API server keeps 256 characters of each. So each has about 120 characters, and there are at most 20.</summary>
public sealed class Warnings
{
    private const int MaxCount = 20;
    private const int MaxQuotedChars = 40;
    private const int MaxChars = 240;

    private readonly List<string> _texts = [];

    public IReadOnlyList<string> Texts => _texts;

    public void Add(string text)
    {
        if (_texts.Count < MaxCount)
        {
            _texts.Add(text.Length <= MaxChars ? text : string.Concat(text.AsSpan(0, MaxChars - 1), "…"));
        }
    }

    /// <summary>Shortens a value from outside and makes it printable.</summary>
    public static string Quote(string value)
    {
        var cut = value.Length > MaxQuotedChars;
        var shown = string.Create(
            Math.Min(value.Length, MaxQuotedChars),
            value,
            static (span, text) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = char.IsControl(text[i]) || char.IsSurrogate(text[i]) ? '?' : text[i];
                }
            });
        return cut ? $"\"{shown}…\"" : $"\"{shown}\"";
    }
}
