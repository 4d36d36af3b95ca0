using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>log: writes one line for each query, by the first rule that matches its name and class.</summary>
public sealed record LogConfig : DirectiveConfig
{
    /// <summary>The format {common}, which is also the default.</summary>
    public const string CommonFormat =
        "{remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} {>bufsize}\" {rcode} {>rflags} {rsize} {duration}";

    /// <summary>The format {combined}.</summary>
    public const string CombinedFormat = CommonFormat + " \"{>opcode}\"";

    public ImmutableArray<LogRule> Rules { get; init; } = [];
}

/// <param name="Zone">The rule applies to names in this zone.</param>
/// <param name="Format">The format, in which {common} and {combined} are already replaced.</param>
public sealed record LogRule(string Zone, string Format, LogClasses Classes);

[Flags]
public enum LogClasses
{
    None = 0,

    /// <summary>NOERROR with records, or a delegation.</summary>
    Success = 1,

    /// <summary>NXDOMAIN, and NOERROR without records.</summary>
    Denial = 2,

    /// <summary>SERVFAIL, NOTIMP, REFUSED and similar.</summary>
    Error = 4,
    All = Success | Denial | Error,
}
