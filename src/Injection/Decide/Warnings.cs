namespace NodeDns.Injection.Decide;

/// <summary>What kubectl shows to whoever made the pod. The API server keeps 256 characters of a warning once all of
/// them exceed 4096, so each stays near 120 and there are at most 20.</summary>
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

    /// <summary>A value that somebody else wrote, short and printable.</summary>
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
