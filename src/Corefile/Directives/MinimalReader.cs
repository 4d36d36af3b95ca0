namespace NodeDns.Corefile.Directives;

internal static class MinimalReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.NoArgs(scope.Head);
        scope.NoBody();
        return scope.First(block.Minimal) ? block with { Minimal = new() { At = scope.At } } : block;
    }
}
