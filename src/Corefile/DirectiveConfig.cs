namespace NodeDns.Corefile;

/// <summary>The configuration of one directive, with its position in the file.</summary>
public abstract record DirectiveConfig
{
    public SourceLine At { get; init; }
}
