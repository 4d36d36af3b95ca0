using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>Collects errors and warnings while reading goes on.</summary>
internal sealed class ProblemList
{
    /// <summary>Enough to repair a file. A hostile file could cause millions.</summary>
    private const int Maximum = 200;

    private readonly List<CorefileProblem> _errors = [];
    private readonly List<CorefileProblem> _warnings = [];
    private readonly List<CorefileProblem> _leftOut = [];

    public bool HasErrors => _errors.Count > 0;

    /// <summary>The errors, sorted by file and line.</summary>
    public ImmutableArray<CorefileProblem> Errors => Sorted(_errors);
    public ImmutableArray<CorefileProblem> Warnings => Sorted(_warnings);
    public ImmutableArray<CorefileProblem> EntriesLeftOut => Sorted(_leftOut);

    /// <summary>Adds an error. The same error at the same place, found twice because of a snippet, is reported
    /// once.</summary>
    public void Error(SourceLine at, string directive, string value, string expected) =>
        Add(_errors, new(at, directive, value, expected));

    public void Warn(SourceLine at, string directive, string value, string text) =>
        Add(_warnings, new(at, directive, value, text));

    /// <summary>Adds an entry of the kube-dns ConfigMap that cannot be used with this Corefile. Everything else
    /// can.</summary>
    public void LeaveOut(SourceLine at, string key, string value, string expected) =>
        Add(_leftOut, new(at, key, value, expected));

    private static void Add(List<CorefileProblem> list, CorefileProblem problem)
    {
        problem = problem with { Value = OneLine(problem.Value) };
        if (list.Count < Maximum && !list.Contains(problem))
        {
            list.Add(problem);
        }
    }

    private static ImmutableArray<CorefileProblem> Sorted(List<CorefileProblem> list) =>
        [.. list.OrderBy(problem => problem.At.File, StringComparer.Ordinal).ThenBy(problem => problem.At.Line)];

    private static string OneLine(string value)
    {
        if (value.Length > 120)
        {
            value = value[..117] + "...";
        }

        return string.Concat(value.Select(c => char.IsControl(c) ? ' ' : c));
    }
}
