namespace NodeDns.Corefile.Directives;

/// <summary>health [ADDRESS] { lameduck DURATION }; a later line of the block replaces an earlier one.</summary>
internal static class HealthReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        var health = (block.Health ?? new()) with { At = scope.At };
        if (scope.Count(scope.Head, 0, 1, "expected one address") && !scope.Head.Args.IsEmpty)
        {
            health = health with { Address = scope.Listen(scope.Head, 0, health.Address) };
        }

        foreach (var line in scope.Body)
        {
            if (line.Name.Text != "lameduck")
            {
                scope.UnknownOption(line, "lameduck");
            }
            else if (scope.Count(line, 1, 1, "expected one duration"))
            {
                health = health with { Lameduck = scope.Duration(line, 0, default, "a pause", TimeSpan.Zero) };
            }
        }

        return block with { Health = health };
    }
}
