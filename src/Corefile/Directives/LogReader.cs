using System.Collections.Immutable;

namespace NodeDns.Corefile.Directives;

/// <summary>log [NAMES...] [FORMAT] { class success|denial|error|all... }; several lines of a block are
/// combined.</summary>
internal static class LogReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        var args = scope.Head.Args;
        var format = LogConfig.CommonFormat;
        if (args.Length > 1 && args[^1].Text.Contains('{'))
        {
            format = args[^1].Text.Replace("{common}", LogConfig.CommonFormat, StringComparison.Ordinal)
                .Replace("{combined}", LogConfig.CombinedFormat, StringComparison.Ordinal);
            args = args.RemoveAt(args.Length - 1);
        }
        else if (args is [var only] && only.Text.Contains('{'))
        {
            scope.Warn(scope.Head, "taken for a name, as CoreDNS does; write a name before the format, such as \".\"");
        }

        var classes = LogClasses.None;
        foreach (var line in scope.Body)
        {
            if (line.Name.Text == "class")
            {
                classes |= Classes(scope, line);
            }
            else
            {
                scope.UnknownOption(line, "class");
            }
        }

        if (classes == LogClasses.None)
        {
            classes = LogClasses.All;
        }

        var log = block.Log ?? new LogConfig { At = scope.At };
        var names = args.IsEmpty ? ["."] : Names(scope, args);
        return block with { Log = log with { Rules = [.. log.Rules, .. names.Select(n => new LogRule(n, format, classes))] } };
    }

    private static ImmutableArray<string> Names(DirectiveScope scope, ImmutableArray<Token> args)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var arg in args)
        {
            if (DomainName.TryNormalize(arg.Text, out var name))
            {
                names.Add(name);
            }
            else
            {
                scope.Error(arg, "expected a domain name, or last a format with {placeholders}");
            }
        }

        return names.ToImmutable();
    }

    private static LogClasses Classes(DirectiveScope scope, OptionLine line)
    {
        var classes = LogClasses.None;
        foreach (var arg in line.Args)
        {
            classes |= arg.Text switch
            {
                "all" => LogClasses.All,
                "success" => LogClasses.Success,
                "denial" => LogClasses.Denial,
                "error" => LogClasses.Error,
                _ => LogClasses.None,
            };
            if (arg.Text is not ("all" or "success" or "denial" or "error"))
            {
                scope.Error(line, "expected success, denial, error or all");
            }
        }

        if (line.Args.IsEmpty)
        {
            scope.Error(line, "expected success, denial, error or all");
        }

        return classes;
    }
}
