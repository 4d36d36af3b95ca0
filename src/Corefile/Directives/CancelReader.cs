namespace NodeDns.Corefile.Directives;

/// <summary>cancel [TIMEOUT]</summary>
internal static class CancelReader
{
    private static readonly TimeSpan s_smallest = TimeSpan.FromTicks(1);

    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.IgnoredBody();
        var timeout = CancelConfig.Default;
        if (scope.Count(scope.Head, 0, 1, "expected one timeout") && !scope.Head.Args.IsEmpty)
        {
            timeout = scope.Duration(scope.Head, 0, timeout, "a timeout above zero", s_smallest);
        }

        return block with { Cancel = new(timeout) { At = scope.At } };
    }
}
