namespace NodeDns.Corefile.Directives;

internal static class AnyReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.NoArgs(scope.Head);
        scope.NoBody();
        return scope.First(block.Any) ? block with { Any = new() { At = scope.At } } : block;
    }
}
