using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>log: one line a question. The first rule whose name and class match writes it.</summary>
public sealed record LogConfig : DirectiveConfig
{
    /// <summary>{common}, and what is written when the line names no format.</summary>
    public const string CommonFormat =
        "{remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} {>bufsize}\" {rcode} {>rflags} {rsize} {duration}";

    /// <summary>{combined}.</summary>
    public const string CombinedFormat = CommonFormat + " \"{>opcode}\"";

    public ImmutableArray<LogRule> Rules { get; init; } = [];
}

/// <param name="Zone">Names within it are logged.</param>
/// <param name="Format">With {common} and {combined} already replaced.</param>
public sealed record LogRule(string Zone, string Format, LogClasses Classes);

[Flags]
public enum LogClasses
{
    None = 0,

    /// <summary>NOERROR with records.</summary>
    Success = 1,

    /// <summary>NXDOMAIN, and NOERROR without records.</summary>
    Denial = 2,

    /// <summary>SERVFAIL, NOTIMP, REFUSED and the like.</summary>
    Error = 4,
    All = Success | Denial | Error,
}
