namespace NodeDns.Corefile.Directives;

/// <summary>pprof [ADDRESS] { block [RATE] }: accepted with a warning.</summary>
internal static class PprofReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        if (!scope.Once(block.Pprof))
        {
            return block;
        }

        if (scope.Count(scope.Head, 0, 1, "expected one address") && !scope.Head.Args.IsEmpty)
        {
            scope.Listen(scope.Head, 0, default);
        }

        foreach (var line in scope.Body)
        {
            if (line.Name.Text != "block")
            {
                scope.UnknownOption(line, "block");
            }
            else if (scope.Count(line, 0, 1, "expected one rate") && !line.Args.IsEmpty)
            {
                scope.Number(line, 0, 1, "a rate", int.MinValue);
            }
        }

        scope.Warn(scope.Head, "does nothing here: use dotnet-counters, or EventPipe (dotnet-trace, dotnet-gcdump)");
        return block with { Pprof = new() { At = scope.At } };
    }
}
