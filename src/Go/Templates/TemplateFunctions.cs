using System.Text;

namespace NodeDns.Go.Templates;

/// <summary>The functions of templates: Go's own, and CoreDNS's parseInt.</summary>
internal static class TemplateFunctions
{
    /// <summary>For each function, the least and the most number of arguments, and their description.</summary>
    private static readonly Dictionary<string, (int Least, int Most, string Expected)> s_arguments = new()
    {
        ["and"] = (1, int.MaxValue, "at least one value"),
        ["or"] = (1, int.MaxValue, "at least one value"),
        ["not"] = (1, 1, "one value"),
        ["eq"] = (2, int.MaxValue, "at least two values"),
        ["ne"] = (2, 2, "two values"),
        ["lt"] = (2, 2, "two values"),
        ["le"] = (2, 2, "two values"),
        ["gt"] = (2, 2, "two values"),
        ["ge"] = (2, 2, "two values"),
        ["len"] = (1, 1, "one value"),
        ["index"] = (1, int.MaxValue, "a list or map and what to take of it"),
        ["slice"] = (1, 4, "a text or list and where to cut it"),
        ["call"] = (1, int.MaxValue, "a function"),
        ["html"] = (0, int.MaxValue, "values"),
        ["js"] = (0, int.MaxValue, "values"),
        ["urlquery"] = (0, int.MaxValue, "values"),
        ["print"] = (0, int.MaxValue, "values"),
        ["println"] = (0, int.MaxValue, "values"),
        ["printf"] = (1, int.MaxValue, "a format and values"),
        ["parseInt"] = (3, 3, "a text, a base and a number of bits"),
    };

    public static string Known => string.Join(", ", s_arguments.Keys);

    public static bool IsKnown(string name) => s_arguments.ContainsKey(name);

    public static bool Takes(string name, int count, out string expected)
    {
        (var least, var most, expected) = s_arguments.GetValueOrDefault(name, (0, int.MaxValue, ""));
        return count >= least && count <= most;
    }

    /// <summary>Calls a function other than "and" and "or", which do not evaluate all their arguments.</summary>
    /// <param name="problem">Why there is no value.</param>
    public static object? Call(string name, IReadOnlyList<object?> arguments, out string? problem)
    {
        problem = null;
        switch (name)
        {
            case "not":
                return !TemplateRun.IsTrue(arguments[0]);
            case "eq":
                foreach (var other in arguments.Skip(1))
                {
                    if (Equal(arguments[0], other) is not { } isEqual)
                    {
                        return Fail(name, arguments, out problem);
                    }

                    if (isEqual)
                    {
                        return true;
                    }
                }

                return false;
            case "ne":
                return Equal(arguments[0], arguments[1]) is { } equal ? !equal : Fail(name, arguments, out problem);
            case "lt" or "le" or "gt" or "ge":
                return Compare(arguments[0], arguments[1]) is { } order
                    ? name switch { "lt" => order < 0, "le" => order <= 0, "gt" => order > 0, _ => order >= 0 }
                    : Fail(name, arguments, out problem);
            case "len":
                return Length(arguments[0]) is { } length ? (Int128)length : Fail(name, arguments, out problem);
            case "index":
                var value = arguments[0];
                if (value is null)
                {
                    return Fail(name, arguments, out problem);
                }

                foreach (var key in arguments.Skip(1))
                {
                    if (!TryIndex(value, key, out value))
                    {
                        return Fail(name, arguments, out problem);
                    }
                }

                return value;
            case "slice":
                return Slice(arguments) ?? Fail(name, arguments, out problem);
            case "html":
                return GoText.Html(Shown(arguments));
            case "js":
                return GoText.JavaScript(Shown(arguments));
            case "urlquery":
                return GoText.UrlQuery(Shown(arguments));
            case "print":
                return GoText.Print(arguments);
            case "println":
                return string.Join(' ', arguments.Select(GoText.Of)) + "\n";
            case "printf":
                return arguments[0] is string format
                    ? GoText.Format(format, [.. arguments.Skip(1)])
                    : Fail(name, arguments, out problem);
            case "parseInt":
                return arguments is [string text, var radix, var bits] && WholeOf(radix) is { } wholeRadix
                    && WholeOf(bits) is { } wholeBits && TemplateNumber.ParseUnsigned(text, wholeRadix, wholeBits) is { } number
                    ? number
                    : Fail(name, arguments, out problem);
            default:
                // call: no value in a template is a function.
                return Fail(name, arguments, out problem);
        }
    }

    /// <summary>The arguments as text for the escaping functions. Unlike print, these show missing values.</summary>
    private static string Shown(IReadOnlyList<object?> arguments) =>
        GoText.Print([.. arguments.Select(argument => argument ?? TemplateRun.NoValue)]);

    /// <summary>A constant such as 1e1 counts as a whole number where one is needed.</summary>
    private static Int128? WholeOf(object? value) => value switch
    {
        Int128 whole => whole,
        double number when double.IsInteger(number) => (Int128)number,
        _ => null,
    };

    private static object? Fail(string name, IReadOnlyList<object?> arguments, out string? problem)
    {
        problem = $"{name} {string.Join(' ', arguments.Select(GoText.Of))}: these values do not go together";
        return null;
    }

    /// <returns>null when the values have different kinds, or kinds that cannot be compared.</returns>
    private static bool? Equal(object? a, object? b) => (a, b) switch
    {
        (string x, string y) => x == y,
        (Int128 x, Int128 y) => x == y,
        (double x, double y) => x == y,
        (GoComplex x, GoComplex y) => x == y,
        (bool x, bool y) => x == y,
        (TemplateData x, TemplateData y) => x == y,
        (null, _) or (_, null) => a is null && b is null,
        _ => null,
    };

    private static int? Compare(object? a, object? b) => (a, b) switch
    {
        (string x, string y) => string.CompareOrdinal(x, y),
        (Int128 x, Int128 y) => x.CompareTo(y),
        (double x, double y) => x.CompareTo(y),
        _ => null,
    };

    private static int? Length(object? value) => value switch
    {
        string text => Encoding.UTF8.GetByteCount(text),
        IReadOnlyList<object?> list => list.Count,
        IReadOnlyDictionary<string, string> map => map.Count,
        _ => null,
    };

    private static bool TryIndex(object? of, object? key, out object? value)
    {
        value = null;
        switch (of, key)
        {
            case (IReadOnlyList<object?> list, Int128 at) when at >= 0 && at < list.Count:
                value = list[(int)at];
                return true;
            case (IReadOnlyDictionary<string, string> map, string name):
                // Unlike .Group.name, Go's index returns the empty value of the map's type.
                value = map.TryGetValue(name, out var found) ? found : "";
                return true;
            case (string text, Int128 at) when at >= 0 && at < Encoding.UTF8.GetByteCount(text):
                value = (Int128)Encoding.UTF8.GetBytes(text)[(int)at];
                return true;
            default:
                return false;
        }
    }

    /// <summary>slice x 1 2 is x[1:2]. A list may have a third bound, which the second must not exceed.</summary>
    private static object? Slice(IReadOnlyList<object?> arguments)
    {
        if (Length(arguments[0]) is not { } length || (arguments[0] is string && arguments.Count > 3))
        {
            return null;
        }

        var start = 0;
        foreach (var argument in arguments.Skip(1))
        {
            if (argument is not Int128 cut || cut < start || cut > length)
            {
                return null;
            }

            start = (int)cut;
        }

        start = arguments.Count > 1 ? (int)(Int128)arguments[1]! : 0;
        var end = arguments.Count > 2 ? (int)(Int128)arguments[2]! : length;
        return arguments[0] switch
        {
            string text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)[start..end]),
            IReadOnlyList<object?> list => list.Skip(start).Take(end - start).ToArray(),
            _ => null,
        };
    }
}
