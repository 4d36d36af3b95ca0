namespace NodeDns.Webhook.Options;

/// <summary>Reads options as text: flags override the environment, which overrides the defaults. Collects all
/// errors.</summary>
internal sealed class OptionsReader
{
    private readonly Dictionary<string, string> _values = [];
    private readonly List<string> _errors = [];

    public IReadOnlyList<string> Errors => _errors;

    /// <param name="args"><c>--name value</c> or <c>--name=value</c>. A switch may be given without a value, for
    /// true.</param>
    /// <param name="environment">The value of an environment variable, or null.</param>
    public OptionsReader(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        foreach (var spec in OptionTable.All)
        {
            if (environment(spec.Variable) is { Length: > 0 } value)
            {
                _values[spec.Name] = value;
            }
        }
        for (var i = 0; i < args.Count; i++)
        {
            var flag = args[i];
            string? value = null;
            var equals = flag.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                (flag, value) = (flag[..equals], flag[(equals + 1)..]);
            }

            var spec = flag.StartsWith("--", StringComparison.Ordinal)
                ? Array.Find(OptionTable.All, known => known.Name == flag[2..]) : null;
            if (spec is null)
            {
                _errors.Add($"{flag}: no such option; --help lists them");
                continue;
            }
            if (value is null && i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                value = args[++i];
            }

            if (value is null && spec.Default is "true" or "false")
            {
                value = "true";
            }

            if (value is null)
            {
                _errors.Add($"{flag}: expected a value");
            }
            else
            {
                _values[spec.Name] = value;
            }
        }
    }

    /// <summary>The option's value; null when neither flag nor environment gives one.</summary>
    public string? Given(string name) => _values.GetValueOrDefault(name);

    public string Text(string name) => Given(name) ?? Array.Find(OptionTable.All, spec => spec.Name == name)!.Default;

    public List<string> List(string name) => Items(Text(name));

    public static List<string> Items(string text) =>
        [.. text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Distinct()];

    public int Number(string name, int min, int max)
    {
        var text = Text(name);
        if (int.TryParse(text, out var number) && number >= min && number <= max)
        {
            return number;
        }

        Fail(name, $"expected {min} to {max}");
        return min;
    }

    public bool Flag(string name)
    {
        var text = Text(name);
        if (bool.TryParse(text, out var flag))
        {
            return flag;
        }

        Fail(name, "expected true or false");
        return false;
    }

    /// <summary>Adds an error with the option, its value and what was expected.</summary>
    public void Fail(string name, string expected) => _errors.Add($"--{name}: \"{Text(name)}\": {expected}");
}
