namespace NodeDns.Corefile.Directives;

/// <summary>errors [stdout] { stacktrace, consolidate DURATION REGEX [LEVEL] [show_first] }</summary>
internal static class ErrorsReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        if (!scope.Once(block.Errors))
        {
            return block;
        }

        var errors = new ErrorsConfig { At = scope.At };
        if (scope.Head.Args is not [] and not [{ Text: "stdout" }])
        {
            scope.Error(scope.Head, "expected nothing or stdout");
        }

        foreach (var line in scope.Body)
        {
            switch (line.Name.Text)
            {
                case "stacktrace":
                    scope.NoArgs(line);
                    errors = errors with { Stacktrace = true };
                    break;
                case "consolidate":
                    if (Consolidate(scope, line) is { } consolidation)
                    {
                        errors = errors with { Consolidate = errors.Consolidate.Add(consolidation) };
                    }

                    break;
                default:
                    scope.UnknownOption(line, "stacktrace, consolidate");
                    break;
            }
        }

        return block with { Errors = errors };
    }

    private static ErrorConsolidation? Consolidate(DirectiveScope scope, OptionLine line)
    {
        const string Expected = "expected DURATION REGEX [warning|error|info|debug] [show_first]";
        if (!scope.Count(line, 2, 4, Expected))
        {
            return null;
        }

        var period = scope.Duration(line, 0, default, "a period", TimeSpan.Zero);
        var pattern = scope.Pattern(line, line.Args[1].Text);
        var rest = line.Args.Skip(2).Select(token => token.Text).ToList();
        var showFirst = rest.Count > 0 && rest[^1] == "show_first";
        if (showFirst)
        {
            rest.RemoveAt(rest.Count - 1);
        }

        ErrorLevel? level = rest switch
        {
            [] or ["error"] => ErrorLevel.Error,
            ["warning"] => ErrorLevel.Warning,
            ["info"] => ErrorLevel.Info,
            ["debug"] => ErrorLevel.Debug,
            _ => null,
        };
        if (level is null)
        {
            scope.Error(line, Expected);
        }

        return pattern is null || level is null ? null : new(period, pattern, level.Value, showFirst);
    }
}
