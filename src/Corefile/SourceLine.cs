namespace NodeDns.Corefile;

/// <summary>Where in the configuration something was written. Lines count from 1.</summary>
public readonly record struct SourceLine(string File, int Line)
{
    public override string ToString() => $"{File}:{Line}";
}
