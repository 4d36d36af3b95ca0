using System.Globalization;
using NodeDns.Go;

namespace NodeDns.Corefile.Directives;

/// <summary>timeouts { read DURATION, write DURATION, idle DURATION, maxtcpqueries COUNT }; a bare number is seconds.
/// </summary>
internal static class TimeoutsReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.NoArgs(scope.Head);
        var timeouts = (block.Timeouts ?? new()) with { At = scope.At };
        if (scope.Body.IsEmpty)
        {
            scope.Error(scope.Head, "expected at least one of read, write, idle, maxtcpqueries in braces");
        }

        foreach (var line in scope.Body)
        {
            if (line.Name.Text is not ("read" or "write" or "idle" or "maxtcpqueries"))
            {
                scope.UnknownOption(line, "read, write, idle, maxtcpqueries");
            }
            else if (scope.Count(line, 1, 1, "expected one value"))
            {
                timeouts = Option(timeouts, scope, line);
            }
        }

        return block with { Timeouts = timeouts };
    }

    private static TimeoutsConfig Option(TimeoutsConfig timeouts, DirectiveScope scope, OptionLine line) =>
        line.Name.Text switch
        {
            "read" => timeouts with { Read = Timeout(scope, line) },
            "write" => timeouts with { Write = Timeout(scope, line) },
            "idle" => timeouts with { Idle = Timeout(scope, line) },
            _ => timeouts with { MaxTcpQueries = MaxTcpQueries(scope, line) },
        };

    private static TimeSpan Timeout(DirectiveScope scope, OptionLine line)
    {
        var text = line.Args[0].Text;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
        {
            text += "s";
        }

        if (GoDuration.TryParse(text, out var value) && value >= TimeoutsConfig.Minimum && value <= TimeoutsConfig.Maximum)
        {
            return value;
        }

        scope.Error(line, $"expected seconds or a duration, {GoDuration.Format(TimeoutsConfig.Minimum)} to "
            + GoDuration.Format(TimeoutsConfig.Maximum));
        return TimeoutsConfig.Minimum;
    }

    private static int? MaxTcpQueries(DirectiveScope scope, OptionLine line)
    {
        if (line.Args[0].Text == "-1")
        {
            return null;
        }

        return scope.Number(line, 0, 1, "-1 for no limit, or a number of questions", 1);
    }
}
