namespace NodeDns.Corefile.Directives;

internal static class WhoamiReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.NoArgs(scope.Head);
        scope.NoBody();
        return scope.First(block.Whoami) ? block with { Whoami = new() { At = scope.At } } : block;
    }
}
