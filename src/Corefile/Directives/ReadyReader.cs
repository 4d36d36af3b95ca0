namespace NodeDns.Corefile.Directives;

/// <summary>ready [ADDRESS] { monitor until-ready|continuously }</summary>
internal static class ReadyReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        if (!scope.Once(block.Ready))
        {
            return block;
        }

        var ready = new ReadyConfig { At = scope.At };
        if (scope.Count(scope.Head, 0, 1, "expected one address") && !scope.Head.Args.IsEmpty)
        {
            ready = ready with { Address = scope.Listen(scope.Head, 0, ready.Address) };
        }

        foreach (var line in scope.Body)
        {
            if (line.Name.Text != "monitor")
            {
                scope.UnknownOption(line, "monitor");
            }
            else if (line.Args is [{ Text: "until-ready" or "continuously" } value])
            {
                ready = ready with { Continuously = value.Text == "continuously" };
            }
            else
            {
                scope.Error(line, "expected until-ready or continuously");
            }
        }

        return block with { Ready = ready };
    }
}
