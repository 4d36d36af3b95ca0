using System.Collections.Immutable;
using System.Text;

namespace NodeDns.Go.Templates;

/// <summary>Executes a template for one question.</summary>
/// <param name="templates">All defined templates, by name.</param>
internal sealed class TemplateRun(
    TemplateQuestion question, IReadOnlyDictionary<string, ImmutableArray<TemplateNode>> templates)
{
    /// <summary>The text that stands for a missing value.</summary>
    public const string NoValue = "<no value>";

    /// <summary>No record is as long as this; a template that writes more is in an endless loop.</summary>
    private const int OutputMaximum = 1 << 17;

    private const int StepsMaximum = 1 << 16;

    /// <summary>The limit of nested templates and actions, because a worker has a small stack. Go allows 100,000
    /// templates on a stack that grows.</summary>
    private const int DepthMaximum = 100;

    /// <summary>The limit of characters that all function calls together may read and write.</summary>
    private const int CharactersMaximum = 1 << 22;

    private const string Endless = "it writes without end";

    private readonly StringBuilder _output = new();
    private List<(string Name, object? Value)> _variables = [("$", TemplateData.Root)];
    private object? _dot = TemplateData.Root;
    private string? _problem;
    private LoopExitNode? _exit;
    private int _depth;
    private int _steps;
    private long _characters;

    public string? Render(string name, out string problem)
    {
        Run(templates[name]);
        problem = _problem ?? "";
        return _problem is null ? _output.ToString() : null;
    }

    private void Run(ImmutableArray<TemplateNode> nodes)
    {
        if (++_depth > DepthMaximum)
        {
            Fail(Endless);
        }

        foreach (var node in nodes)
        {
            Step();
            if (_problem is not null || _exit is not null)
            {
                break;
            }

            switch (node)
            {
                case TextNode text:
                    _output.Append(text.Text);
                    break;
                case LoopExitNode exit:
                    _exit = exit;
                    break;
                case ActionNode action:
                    var value = Evaluate(action.Pipeline);
                    if (_problem is null && action.Pipeline.Variables.IsEmpty)
                    {
                        Write(value);
                    }

                    break;
                case BranchNode branch:
                    Branch(branch);
                    break;
                case IncludeNode include:
                    Include(include);
                    break;
            }
        }

        _depth--;
    }

    private void Step()
    {
        if (++_steps > StepsMaximum || _output.Length > OutputMaximum)
        {
            Fail(Endless);
        }
    }

    private void Write(object? value)
    {
        if (Text(value) is { } text)
        {
            _output.Append(text);
        }
    }

    /// <returns>null when there is no value.</returns>
    private string? Text(object? value)
    {
        switch (value)
        {
            case null:
                return NoValue;
            case TemplateData.Question:
                return question.QuestionText;
            case var _ when HasFields(value):
                Fail("a whole message or question has no text");
                return null;
            default:
                return GoText.Of(value);
        }
    }

    /// <summary>True for an object with fields, and for a list of such objects.</summary>
    private static bool HasFields(object? value) => value is TemplateData or IReadOnlyList<object?> and [TemplateData, ..];

    private void Include(IncludeNode include)
    {
        if (!templates.TryGetValue(include.Name, out var nodes))
        {
            Fail($"there is no template {include.Name}");
            return;
        }

        var value = include.Pipeline is { } pipeline ? Evaluate(pipeline) : null;
        var (variables, dot) = (_variables, _dot);
        (_variables, _dot) = ([("$", value)], value);
        if (_problem is null)
        {
            Run(nodes);
        }

        (_variables, _dot) = (variables, dot);
    }

    private void Branch(BranchNode branch)
    {
        var variables = _variables.Count;
        var dot = _dot;
        var value = Evaluate(branch.Pipeline);
        if (_problem is null)
        {
            if (branch.Kind == BranchKind.Range)
            {
                Range(branch, value);
            }
            else if (IsTrue(value))
            {
                if (branch.Kind == BranchKind.With)
                {
                    _dot = value;
                }

                Run(branch.Body);
            }
            else
            {
                Run(branch.Else);
            }
        }

        _dot = dot;
        _variables.RemoveRange(variables, _variables.Count - variables);
    }

    private void Range(BranchNode branch, object? value)
    {
        IEnumerable<(object? Key, object? Element)>? elements = value switch
        {
            IReadOnlyList<object?> list => list.Select((element, i) => ((object?)(Int128)i, element)),
            IReadOnlyDictionary<string, string> map => map.Select(pair => ((object?)pair.Key, (object?)pair.Value)),
            Int128 count when branch.Pipeline.Variables.Length < 2 => Enumerable
                .Range(0, (int)Int128.Clamp(count, 0, StepsMaximum)).Select(i => ((object?)(Int128)i, (object?)(Int128)i)),
            null => [],
            _ => null,
        };
        if (elements is null)
        {
            Fail($"range cannot go over {GoText.Of(value)}");
            return;
        }

        var isEmpty = true;
        var outer = _dot;
        var names = branch.Pipeline.Variables;
        var variables = _variables.Count;
        foreach (var (key, element) in elements)
        {
            isEmpty = false;
            Step();
            _dot = element;
            // A single variable is the element; of two, the first is the index.
            if (names.Length > 0)
            {
                Set(names[^1], element, branch.Pipeline.Declares);
            }

            if (names.Length > 1)
            {
                Set(names[0], key, branch.Pipeline.Declares);
            }

            Run(branch.Body);
            _variables.RemoveRange(variables, _variables.Count - variables);
            var leaves = _exit is { Continues: false };
            _exit = null;
            if (leaves || _problem is not null)
            {
                break;
            }
        }

        _dot = outer;
        if (isEmpty)
        {
            Run(branch.Else);
        }
    }

    private object? Evaluate(Pipeline pipeline)
    {
        object? value = null;
        for (var i = 0; i < pipeline.Commands.Length && _problem is null; i++)
        {
            value = Evaluate(pipeline.Commands[i], isPiped: i > 0, value);
        }

        foreach (var name in pipeline.Variables)
        {
            Set(name, value, pipeline.Declares);
        }

        return value;
    }

    private object? Evaluate(ImmutableArray<Operand> command, bool isPiped, object? piped)
    {
        if (command[0] is FunctionOperand { Name: "and" or "or" } connective && (command.Length > 1 || isPiped))
        {
            return Connective(connective.Name == "and", command[1..], isPiped, piped);
        }

        if (command is [LiteralOperand { Value: null }, ..])
        {
            Fail("nil is no value by itself");
        }

        if (command is [var head and not FunctionOperand])
        {
            return isPiped ? Invoke(head, [piped]) : Evaluate(head);
        }

        var arguments = new List<object?>();
        foreach (var operand in command.Skip(1))
        {
            arguments.Add(Evaluate(operand));
        }

        if (isPiped)
        {
            arguments.Add(piped);
        }

        return command[0] is FunctionOperand function ? Call(function.Name, arguments) : Invoke(command[0], arguments);
    }

    /// <summary>Handles arguments after a value that is not a function. Only .Meta takes one, and it returns no value,
    /// as in a CoreDNS without the metadata directive.</summary>
    private string Invoke(Operand head, IReadOnlyList<object?> arguments)
    {
        if (arguments is not [string] || head is not PathOperand { Fields: [.. var before, "Meta"] } path
            || Evaluate(path with { Fields = before }) is not TemplateData.Root)
        {
            Fail("only a function takes values");
        }

        return "";
    }

    /// <summary>"and" and "or": returns the first argument that decides the result, or the last one. The arguments
    /// after it are not evaluated.</summary>
    private object? Connective(bool isAnd, ImmutableArray<Operand> operands, bool isPiped, object? piped)
    {
        object? value = null;
        foreach (var operand in operands)
        {
            value = Evaluate(operand);
            if (_problem is not null || IsTrue(value) != isAnd)
            {
                return value;
            }
        }

        return isPiped ? piped : value;
    }

    private object? Evaluate(Operand operand)
    {
        switch (operand)
        {
            case LiteralOperand literal:
                if (literal.Value is Int128 number && number > long.MaxValue)
                {
                    Fail($"{number} is more than an int holds");
                }

                return literal.Value;
            case FunctionOperand function:
                return Call(function.Name, []);
            case PathOperand path:
                var value = path switch
                {
                    { Nested: { } nested } => Evaluate(nested),
                    { Variable: { } name } => Variable(name),
                    _ => _dot,
                };
                foreach (var field in path.Fields)
                {
                    if (_problem is null && !TemplateFields.TryGet(value, field, question, out value))
                    {
                        Fail($"there is no field {field}");
                    }
                }

                return value;
            default:
                return null;
        }
    }

    private object? Variable(string name)
    {
        var at = _variables.FindLastIndex(variable => variable.Name == name);
        if (at < 0)
        {
            Fail($"{name} has not been set");
        }

        return at < 0 ? null : _variables[at].Value;
    }

    private object? Call(string function, List<object?> arguments)
    {
        if (!TemplateFunctions.Takes(function, arguments.Count, out var expected))
        {
            Fail($"{function} takes {expected}");
        }

        if (function is "print" or "printf" or "println" or "html" or "js" or "urlquery")
        {
            arguments = [.. arguments.Select(value => HasFields(value) ? Text(value) : value)];
        }

        foreach (var argument in arguments)
        {
            Count(argument);
        }

        if (_problem is not null)
        {
            return null;
        }

        var value = TemplateFunctions.Call(function, arguments, out var problem);
        if (problem is not null)
        {
            Fail(problem);
        }

        Count(value);
        return value;
    }

    private void Count(object? value)
    {
        _characters += value switch { string text => text.Length, double or GoComplex => GoFloat.DigitsMaximum, _ => 0 };
        if (_characters > CharactersMaximum)
        {
            Fail(Endless);
        }
    }

    private void Set(string name, object? value, bool declares)
    {
        var known = declares ? _variables.Count : _variables.FindLastIndex(variable => variable.Name == name);
        if (known < 0)
        {
            Fail($"{name} has not been set");
        }
        else if (known == _variables.Count)
        {
            _variables.Add((name, value));
        }
        else
        {
            _variables[known] = (name, value);
        }
    }

    /// <summary>Truth as in Go: everything but false, zero, empty and missing values.</summary>
    internal static bool IsTrue(object? value) => value switch
    {
        bool truth => truth,
        Int128 number => number != 0,
        double number => number != 0,
        GoComplex number => number != default,
        string text => text.Length > 0,
        IReadOnlyList<object?> list => list.Count > 0,
        IReadOnlyDictionary<string, string> map => map.Count > 0,
        TemplateData => true,
        _ => false,
    };

    private void Fail(string problem) => _problem ??= problem;
}
