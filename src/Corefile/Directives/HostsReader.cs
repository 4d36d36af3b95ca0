namespace NodeDns.Corefile.Directives;

/// <summary>hosts [FILE [ZONES...]] { entries, ttl, reload, no_reverse, fallthrough [ZONES...], fallthrough_unsupported }
/// </summary>
internal static class HostsReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        if (!scope.Once(block.Hosts))
        {
            return block;
        }

        var args = scope.Head.Args;
        var hosts = new HostsConfig { At = scope.At, Zones = scope.ZonesOrBlock([.. args.Skip(1)]) };
        if (!args.IsEmpty)
        {
            hosts = hosts with { Path = args[0].Text };
            // Read only to check it. The plugin itself reads the file again, so a change of it needs no reload.
            if (scope.Options.Files.Read(hosts.Path, out var reason) is null)
            {
                scope.Warn(scope.Head, $"the file cannot be read yet: {reason}");
            }
        }

        foreach (var line in scope.Body)
        {
            hosts = Option(hosts, scope, line);
        }

        if (hosts.FallthroughUnsupported && hosts.Fallthrough.IsEmpty)
        {
            scope.Error(scope.Head, "expected fallthrough where fallthrough_unsupported is");
        }

        return block with { Hosts = hosts };
    }

    private static HostsConfig Option(HostsConfig hosts, DirectiveScope scope, OptionLine line)
    {
        switch (line.Name.Text)
        {
            case "fallthrough":
                return hosts with { Fallthrough = scope.Fallthrough(line) };
            case "fallthrough_unsupported":
                scope.NoArgs(line);
                return hosts with { FallthroughUnsupported = true };
            case "no_reverse":
                scope.AtLeast(line, 0, "expected nothing after it");
                return hosts with { Reverse = false };
            case "ttl":
                return !scope.AtLeast(line, 1, "expected one TTL in seconds") ? hosts : hosts with
                {
                    TtlSeconds = scope.Number(line, 0, HostsConfig.TtlSecondsDefault, "a TTL in seconds", 1,
                        HostsConfig.TtlSecondsMaximum),
                };
            case "reload":
                return !scope.Count(line, 1, 1, "expected one duration, 0s for never") ? hosts : hosts with
                {
                    Reload = scope.Duration(line, 0, HostsConfig.ReloadDefault, "an interval", TimeSpan.Zero),
                };
            default:
                return Entry(hosts, scope, line);
        }
    }

    /// <summary>Lines that cannot be parsed are only warned about, because CoreDNS ignores them.</summary>
    private static HostsConfig Entry(HostsConfig hosts, DirectiveScope scope, OptionLine line)
    {
        if (!hosts.Fallthrough.IsEmpty)
        {
            scope.Error(line, "expected entries before fallthrough, or one of ttl, reload, no_reverse, fallthrough");
            return hosts;
        }

        var words = HostsText.Words(string.Join(' ', line.Args.Select(token => token.Text).Prepend(line.Name.Text)));
        if (HostsText.TryEntry(words, hosts.Zones, out var entry))
        {
            return hosts with { Inline = hosts.Inline.Add(entry) };
        }

        scope.Warn(line, "left out: not an address and names within the zones");
        return hosts;
    }
}
