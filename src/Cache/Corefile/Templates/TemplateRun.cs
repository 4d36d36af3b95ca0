using System.Collections.Immutable;
using System.Text;

namespace NodeDns.Cache.Corefile.Templates;

/// <summary>Writes one template out for one question.</summary>
internal sealed class TemplateRun(TemplateQuestion question)
{
    /// <summary>A record is no longer; a template that writes more is in a loop.</summary>
    private const int OutputMaximum = 1 << 17;

    private const int StepsMaximum = 1 << 16;

    /// <summary>Characters that functions read and write, all calls together.</summary>
    private const int CharactersMaximum = 1 << 22;

    private const string Endless = "it writes without end";

    private readonly StringBuilder _output = new();
    private readonly List<(string Name, object? Value)> _variables = [("$", TemplateData.Root)];
    private object? _dot = TemplateData.Root;
    private string? _problem;
    private LoopExitNode? _exit;
    private int _steps;
    private long _characters;

    public string? Render(ImmutableArray<TemplateNode> nodes, out string problem)
    {
        Run(nodes);
        problem = _problem ?? "";
        return _problem is null ? _output.ToString() : null;
    }

    private void Run(ImmutableArray<TemplateNode> nodes)
    {
        foreach (var node in nodes)
        {
            Step();
            if (_problem is not null || _exit is not null)
                return;
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
                        Write(value);
                    break;
                case BranchNode branch:
                    Branch(branch);
                    break;
            }
        }
    }

    private void Step()
    {
        if (++_steps > StepsMaximum || _output.Length > OutputMaximum)
            Fail(Endless);
    }

    private void Write(object? value)
    {
        if (value is TemplateData or null)
            Fail("a whole message or question has no text");
        else
            _output.Append(GoText.Of(value));
    }

    private void Branch(BranchNode branch)
    {
        var variables = _variables.Count;
        var dot = _dot;
        var value = Evaluate(branch.Pipeline);
        if (_problem is null)
        {
            if (branch.Kind == BranchKind.Range)
                Range(branch, value);
            else if (IsTrue(value))
            {
                if (branch.Kind == BranchKind.With)
                    _dot = value;
                Run(branch.Body);
            }
            else
                Run(branch.Else);
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
            Int128 count => Enumerable.Range(0, (int)Int128.Clamp(count, 0, StepsMaximum))
                .Select(i => ((object?)(Int128)i, (object?)(Int128)i)),
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
            // One variable is the element, of two the first is the index.
            if (names.Length > 0)
                Set(names[^1], element, branch.Pipeline.Declares);
            if (names.Length > 1)
                Set(names[0], key, branch.Pipeline.Declares);
            Run(branch.Body);
            _variables.RemoveRange(variables, _variables.Count - variables);
            var leaves = _exit is { Continues: false };
            _exit = null;
            if (leaves || _problem is not null)
                break;
        }

        _dot = outer;
        if (isEmpty)
            Run(branch.Else);
    }

    private object? Evaluate(Pipeline pipeline)
    {
        object? value = null;
        for (var i = 0; i < pipeline.Commands.Length && _problem is null; i++)
            value = Evaluate(pipeline.Commands[i], isPiped: i > 0, value);
        if (pipeline.Variables is [var name])
            Set(name, value, pipeline.Declares);
        return value;
    }

    private object? Evaluate(ImmutableArray<Operand> command, bool isPiped, object? piped)
    {
        if (command[0] is not FunctionOperand function)
            // With an argument only .Meta, which has no values without CoreDNS's metadata plugin.
            return command.Length > 1 || isPiped ? "" : Evaluate(command[0]);
        if (function.Name is "and" or "or")
            return Connective(function.Name == "and", command[1..], isPiped, piped);
        var arguments = new List<object?>();
        foreach (var operand in command.Skip(1))
            arguments.Add(Evaluate(operand));
        if (isPiped)
            arguments.Add(piped);
        return Call(function.Name, arguments);
    }

    /// <summary>and, or: the first argument that decides, or the last; those behind it are not looked at.</summary>
    private object? Connective(bool isAnd, ImmutableArray<Operand> operands, bool isPiped, object? piped)
    {
        object? value = null;
        foreach (var operand in operands)
        {
            value = Evaluate(operand);
            if (_problem is not null || IsTrue(value) != isAnd)
                return value;
        }

        return isPiped ? piped : value;
    }

    private object? Evaluate(Operand operand)
    {
        switch (operand)
        {
            case LiteralOperand literal:
                return literal.Value;
            case FunctionOperand function:
                return Call(function.Name, []);
            case PathOperand path:
                var value = path switch
                {
                    { Nested: { } nested } => Evaluate(nested),
                    { Variable: { } name } => _variables.FindLast(variable => variable.Name == name).Value,
                    _ => _dot,
                };
                foreach (var field in path.Fields)
                {
                    if (_problem is null && !TemplateFields.TryGet(value, field, question, out value))
                        Fail($"there is no field {field}");
                }

                return value;
            default:
                return null;
        }
    }

    private object? Call(string function, IReadOnlyList<object?> arguments)
    {
        foreach (var argument in arguments)
            Count(argument);
        if (_problem is not null)
            return null;
        var value = TemplateFunctions.Call(function, arguments, out var problem);
        if (problem is not null)
            Fail(problem);
        Count(value);
        return value;
    }

    private void Count(object? value)
    {
        if (value is string text && (_characters += text.Length) > CharactersMaximum)
            Fail(Endless);
    }

    private void Set(string name, object? value, bool declares)
    {
        var known = declares ? -1 : _variables.FindLastIndex(variable => variable.Name == name);
        if (known < 0)
            _variables.Add((name, value));
        else
            _variables[known] = (name, value);
    }

    /// <summary>Go's truth: not false, zero, empty or nothing.</summary>
    internal static bool IsTrue(object? value) => value switch
    {
        bool truth => truth,
        Int128 number => number != 0,
        string text => text.Length > 0,
        IReadOnlyList<object?> list => list.Count > 0,
        IReadOnlyDictionary<string, string> map => map.Count > 0,
        TemplateData => true,
        _ => false,
    };

    private void Fail(string problem) => _problem ??= problem;
}
