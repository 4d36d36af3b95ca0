namespace NodeDns.Corefile;

/// <summary>A position in the configuration. Lines are counted from 1.</summary>
public readonly record struct SourceLine(string File, int Line)
{
    public override string ToString() => $"{File}:{Line}";
}
