namespace NodeDns.Corefile.Directives;

internal static class DebugReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.NoArgs(scope.Head);
        scope.NoBody();
        return scope.First(block.Debug) ? block with { Debug = new() { At = scope.At } } : block;
    }
}
