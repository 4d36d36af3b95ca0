using System.Collections.Immutable;
using NodeDns.Corefile.Directives;

namespace NodeDns.Corefile;

/// <summary>One row of <see cref="DirectiveTable"/>: everything about a directive that is not in its own
/// files.</summary>
public sealed class Directive
{
    private readonly Func<ServerBlockConfig, ImmutableArray<string>> _lines;

    private Directive(
        string name,
        Func<ServerBlockConfig, DirectiveScope, ServerBlockConfig> read,
        Func<ServerBlockConfig, bool> isIn,
        Func<ServerBlockConfig, ImmutableArray<string>> lines)
    {
        Name = name;
        Read = read;
        IsIn = isIn;
        _lines = lines;
    }

    public string Name { get; }

    /// <summary>True when a block has this directive.</summary>
    public Func<ServerBlockConfig, bool> IsIn { get; }

    /// <summary>True when a query or its reply passes through this directive. The other directives configure the
    /// server.</summary>
    public bool IsStep { get; init; }

    /// <summary>True when the directive's text decides which answers the block stores, or their TTL. When the text
    /// changes, stored answers may be wrong.</summary>
    public bool ShapesAnswers { get; init; }

    /// <summary>Reads one line of this directive and adds it to the block.</summary>
    internal Func<ServerBlockConfig, DirectiveScope, ServerBlockConfig> Read { get; }

    /// <summary>Describes, one line for each point, what the directive does in a block; empty when the block does not
    /// have it.</summary>
    public ImmutableArray<string> Lines(ServerBlockConfig block) => IsIn(block) ? _lines(block) : [];

    /// <param name="of">The property of a block that holds the directive's configuration.</param>
    /// <param name="line">Describes the directive; null when there is nothing to say.</param>
    internal static Directive Once<T>(
        string name,
        Func<ServerBlockConfig, DirectiveScope, ServerBlockConfig> read,
        Func<ServerBlockConfig, T?> of,
        Func<T, string>? line,
        bool isStep = false,
        bool shapesAnswers = false) where T : DirectiveConfig =>
        new(name, read, block => of(block) is not null, block => line is null ? [] : [line(of(block)!)])
        {
            IsStep = isStep,
            ShapesAnswers = shapesAnswers,
        };

    /// <summary>For a directive whose description depends on the rest of its block.</summary>
    internal static Directive InBlock<T>(
        string name,
        Func<ServerBlockConfig, DirectiveScope, ServerBlockConfig> read,
        Func<ServerBlockConfig, T?> of,
        Func<T, ServerBlockConfig, string> line,
        bool isStep = false,
        bool shapesAnswers = false) where T : DirectiveConfig =>
        new(name, read, block => of(block) is not null, block => [line(of(block)!, block)])
        {
            IsStep = isStep,
            ShapesAnswers = shapesAnswers,
        };

    /// <summary>For a directive that may occur several times in a block.</summary>
    internal static Directive Many<T>(
        string name,
        Func<ServerBlockConfig, DirectiveScope, ServerBlockConfig> read,
        Func<ServerBlockConfig, ImmutableArray<T>> of,
        Func<T, string> line,
        bool isStep = false,
        bool shapesAnswers = false) where T : DirectiveConfig =>
        new(name, read, block => of(block).Length > 0, block => [.. of(block).Select(line)])
        {
            IsStep = isStep,
            ShapesAnswers = shapesAnswers,
        };
}
