namespace NodeDns.Corefile.Directives;

/// <summary>bufsize [SIZE]</summary>
internal static class BufsizeReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.IgnoredBody();
        var bytes = BufsizeConfig.Default;
        if (scope.Count(scope.Head, 0, 1, "expected one size") && !scope.Head.Args.IsEmpty)
        {
            bytes = scope.Number(scope.Head, 0, bytes, "a size in bytes", BufsizeConfig.Minimum, BufsizeConfig.Maximum);
        }

        return scope.First(block.Bufsize) ? block with { Bufsize = new(bytes) { At = scope.At } } : block;
    }
}
