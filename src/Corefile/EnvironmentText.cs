namespace NodeDns.Corefile;

/// <summary>Replaces {$NAME} and {%NAME%} by the values of environment variables, or by nothing if a variable is not
/// set.</summary>
internal static class EnvironmentText
{
    public static string Replace(string text, Func<string, string?> environment) =>
        text.Contains('{') ? Replace(Replace(text, "{%", "%}", environment), "{$", "}", environment) : text;

    // Replaces in one pass, so a reference in a value is not replaced again.
    private static string Replace(string text, string open, string close, Func<string, string?> environment)
    {
        var done = 0;
        var result = "";
        while (true)
        {
            var start = text.IndexOf(open, done, StringComparison.Ordinal);
            var end = start < 0 ? -1 : text.IndexOf(close, start + open.Length, StringComparison.Ordinal);
            if (end <= start + open.Length)
            {
                return result + text[done..];
            }

            result += text[done..start] + environment(text[(start + open.Length)..end]);
            done = end + close.Length;
        }
    }
}
