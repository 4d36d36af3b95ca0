using System.Collections.Immutable;
using NodeDns.Corefile.Directives;

namespace NodeDns.Corefile;

/// <summary>One row of <see cref="DirectiveTable"/>: everything about a directive that is not in its own files.</summary>
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

    /// <summary>Whether a block has it.</summary>
    public Func<ServerBlockConfig, bool> IsIn { get; }

    /// <summary>A question meets it, or its reply does. The others set the server up.</summary>
    public bool IsStep { get; init; }

    /// <summary>What it says decides which answers the block keeps, or with which TTL: with another text, what is kept
    /// may be wrong.</summary>
    public bool ShapesAnswers { get; init; }

    /// <summary>Reads one of its lines into the block.</summary>
    internal Func<ServerBlockConfig, DirectiveScope, ServerBlockConfig> Read { get; }

    /// <summary>What it will do in a block, for people: a line each; none where the block does not have it.</summary>
    public ImmutableArray<string> Lines(ServerBlockConfig block) => IsIn(block) ? _lines(block) : [];

    /// <param name="of">Where a block keeps it.</param>
    /// <param name="line">null for one about which there is nothing to say.</param>
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

    /// <summary>For one whose line says where it differs from its block.</summary>
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

    /// <summary>For one that a block may have several times.</summary>
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
