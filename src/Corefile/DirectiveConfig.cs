namespace NodeDns.Corefile;

/// <summary>One directive of a server block, with its place in the file.</summary>
public abstract record DirectiveConfig
{
    public SourceLine At { get; init; }
}
