using System.Collections.Immutable;
using NodeDns.Go;
using NodeDns.Go.Templates;

namespace NodeDns.Corefile;

/// <summary>template: answers made from the query.</summary>
public sealed record TemplateConfig : DirectiveConfig
{
    public ImmutableArray<TemplateRule> Rules { get; init; } = [];
}

/// <summary>One template line. The first whose class, type, zone and pattern match gives the answer.</summary>
public sealed record TemplateRule
{
    /// <summary>Matches every class or type (RFC 1035 section 3.2.5).</summary>
    public const ushort Any = 255;

    public SourceLine At { get; init; }
    public ushort Qclass { get; init; }
    public ushort Qtype { get; init; }

    /// <summary>Never empty.</summary>
    public ImmutableArray<string> Zones { get; init; } = [];

    /// <summary>The patterns, tried in order on the lower-case name with its final dot. Never empty.</summary>
    public ImmutableArray<GoPattern> Match { get; init; } = [];

    /// <summary>Each one produces one record in zone-file form.</summary>
    public ImmutableArray<TemplateText> Answer { get; init; } = [];

    public ImmutableArray<TemplateText> Authority { get; init; } = [];
    public ImmutableArray<TemplateText> Additional { get; init; } = [];
    public ushort Rcode { get; init; }

    /// <summary>False when the answer consists of an rcode only.</summary>
    public bool HasRecords => Answer.Length + Authority.Length + Additional.Length > 0;

    /// <summary>ederror: an extended DNS error in the reply (RFC 8914).</summary>
    public ExtendedError? ExtendedError { get; init; }

    /// <summary>Zones in which names that match no pattern are passed to the next step. In other zones they get
    /// SERVFAIL.</summary>
    public ImmutableArray<string> Fallthrough { get; init; } = [];
}

/// <summary>RFC 8914 section 2: INFO-CODE and EXTRA-TEXT.</summary>
public sealed record ExtendedError(ushort Code, string Text);
