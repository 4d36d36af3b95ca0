namespace NodeDns.Corefile.Directives;

/// <summary>local { localhost_prefix on|off }</summary>
internal static class LocalReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.NoArgs(scope.Head);
        var local = (block.Local ?? new()) with { At = scope.At };
        foreach (var line in scope.Body)
        {
            if (line.Name.Text != "localhost_prefix")
            {
                scope.UnknownOption(line, "localhost_prefix");
            }
            else if (line.Args is [{ Text: "on" or "off" } value])
            {
                local = local with { LocalhostPrefix = value.Text == "on" };
            }
            else
            {
                scope.Error(line, "expected on or off");
            }
        }

        return block with { Local = local };
    }
}
