namespace NodeDns.Corefile.Directives;

/// <summary>loop</summary>
internal static class LoopReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.NoArgs(scope.Head);
        scope.NoBody();
        var zone = scope.BlockZones.IsEmpty ? "." : scope.BlockZones[0];
        return scope.Once(block.Loop) ? block with { Loop = new(zone) { At = scope.At } } : block;
    }
}
