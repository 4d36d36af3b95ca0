using System.Collections.Immutable;

namespace NodeDns.Go.Templates;

/// <summary>Parses Go's text/template.</summary>
/// <remarks>Some errors that Go reports only when a template is executed (a field that does not exist, a missing
/// argument) are reported here as warnings.</remarks>
public sealed class TemplateParser
{
    /// <summary>The limit of nested actions and of nested parentheses. No real template comes near it.</summary>
    private const int DepthMaximum = 50;

    private readonly TemplateLexer _lexer;
    private readonly List<TemplateToken> _tokens = [];
    private readonly Dictionary<string, ImmutableArray<TemplateNode>> _templates = [];
    private readonly List<string> _included = [];
    private List<string> _variables = ["$"];
    private int _at;
    private int _ranges;
    private int _depth;
    private bool _dotIsRoot = true;
    private bool _dollarIsRoot = true;
    private string? _problem;
    private string? _warning;

    private TemplateParser(string source) => _lexer = new(source);

    /// <param name="reason">What was expected, for the error message.</param>
    /// <param name="name">The name by which template, define and block can refer to this template.</param>
    public static bool TryParse(string source, out TemplateText text, out string reason, string name = "answer")
    {
        var parser = new TemplateParser(source);
        var (nodes, _) = parser.List(within: null);
        parser.Define(name, nodes);
        foreach (var included in parser._included.Where(included => !parser._templates.ContainsKey(included)))
        {
            parser.Warn($"expected a template, but {included} is not defined");
        }

        reason = parser._lexer.Problem ?? parser._problem ?? "";
        text = new(source, name, parser._templates, parser._warning);
        return reason.Length == 0;
    }

    private bool HasFailed => _problem is not null || _lexer.Problem is not null;

    private TemplateToken Token => _tokens[_at];

    /// <param name="within">The action that this body belongs to; null at the top level.</param>
    /// <returns>The nodes, and whether {{ else }} ended the body. In that case the tokens after "else" have not been
    /// read yet.</returns>
    private (ImmutableArray<TemplateNode> Nodes, bool EndsWithElse) List(string? within)
    {
        var nodes = ImmutableArray.CreateBuilder<TemplateNode>();
        while (!HasFailed)
        {
            var (text, hasAction) = _lexer.Text();
            if (text.Length > 0)
            {
                nodes.Add(new TextNode(text));
            }

            if (!hasAction)
            {
                if (within is not null)
                {
                    Fail($"expected {{{{ end }}}} after {{{{ {within} }}}}");
                }

                break;
            }

            ReadAction();
            if (within is null && Token is { Kind: TemplateTokenKind.Word, Text: "define" })
            {
                Definition(Take().Text, TemplateName("define"));
                continue;
            }

            if (Token.Kind != TemplateTokenKind.Word || Token.Text is not ("end" or "else"))
            {
                nodes.Add(Action());
                continue;
            }

            var word = Take().Text;
            if (within is null)
            {
                Fail($"expected no {{{{ {word} }}}} here");
            }

            if (word == "else")
            {
                return (nodes.ToImmutable(), true);
            }

            ExpectEnd();
            break;
        }

        return (nodes.ToImmutable(), false);
    }

    private void ReadAction()
    {
        _tokens.Clear();
        _at = 0;
        do
        {
            _tokens.Add(_lexer.Next());
        }
        while (_tokens[^1].Kind != TemplateTokenKind.End);
    }

    private TemplateNode Action()
    {
        if (Token.Kind == TemplateTokenKind.Word)
        {
            switch (Token.Text)
            {
                case "if":
                    return Branch(BranchKind.If);
                case "with":
                    return Branch(BranchKind.With);
                case "range":
                    return Branch(BranchKind.Range);
                case "break" or "continue":
                    if (_ranges == 0)
                    {
                        Fail($"expected {Token.Text} within a range only");
                    }

                    var exit = new LoopExitNode(Take().Text == "continue");
                    ExpectEnd();
                    return exit;
                case "template" or "block":
                    return Include(isBlock: Take().Text == "block");
                case "define":
                    Fail("expected define outside of other actions only");
                    break;
            }
        }

        var pipeline = Pipeline(forRange: false);
        ExpectEnd();
        return new ActionNode(pipeline);
    }

    private IncludeNode Include(bool isBlock)
    {
        var name = TemplateName(isBlock ? "block" : "template");
        var pipeline = isBlock || Token.Kind != TemplateTokenKind.End ? Pipeline(forRange: false) : null;
        if (isBlock)
        {
            Definition("block", name);
        }
        else
        {
            ExpectEnd();
        }

        _included.Add(name);
        return new(name, pipeline);
    }

    private string TemplateName(string word)
    {
        var token = Take();
        if (token is { Kind: TemplateTokenKind.Literal, Value: string name })
        {
            return name;
        }

        Fail($"expected a name in quotes after {word}");
        return "";
    }

    /// <summary>The body of define or block, which is a separate template and cannot see variables outside.</summary>
    private void Definition(string word, string name)
    {
        ExpectEnd();
        if (++_depth > DepthMaximum)
        {
            Fail($"expected at most {DepthMaximum} actions within each other");
        }

        var outside = (_variables, _ranges, _dotIsRoot, _dollarIsRoot);
        (_variables, _ranges, _dotIsRoot, _dollarIsRoot) = (["$"], 0, false, false);
        var (nodes, hasElse) = List(word);
        if (hasElse)
        {
            Fail($"expected no {{{{ else }}}} after {{{{ {word} }}}}");
        }

        (_variables, _ranges, _dotIsRoot, _dollarIsRoot) = outside;
        _depth--;
        Define(name, nodes);
    }

    /// <summary>As in Go, a name can be defined once, but a definition that is only white space does not
    /// count.</summary>
    private void Define(string name, ImmutableArray<TemplateNode> nodes)
    {
        if (!_templates.TryGetValue(name, out var before) || IsEmpty(before))
        {
            _templates[name] = nodes;
        }
        else if (!IsEmpty(nodes))
        {
            Fail($"expected one template {name}");
        }

        static bool IsEmpty(ImmutableArray<TemplateNode> nodes) =>
            nodes.All(node => node is TextNode text && string.IsNullOrWhiteSpace(text.Text));
    }

    private BranchNode Branch(BranchKind kind)
    {
        if (++_depth > DepthMaximum)
        {
            Fail($"expected at most {DepthMaximum} actions within each other");
        }

        var word = Take().Text;
        var variables = _variables.Count;
        var pipeline = Pipeline(forRange: kind == BranchKind.Range);
        ExpectEnd();
        var dotIsRoot = _dotIsRoot;
        _dotIsRoot &= kind == BranchKind.If;
        _ranges += kind == BranchKind.Range ? 1 : 0;
        var (body, hasElse) = List(word);
        _ranges -= kind == BranchKind.Range ? 1 : 0;
        _dotIsRoot = dotIsRoot;

        ImmutableArray<TemplateNode> otherwise = [];
        if (hasElse && kind != BranchKind.Range && Token.Kind == TemplateTokenKind.Word && Token.Text == word)
        {
            otherwise = [Branch(kind)];
        }
        else if (hasElse)
        {
            ExpectEnd();
            (otherwise, var again) = List("else");
            if (again)
            {
                Fail("expected one {{ else }}");
            }
        }

        _variables.RemoveRange(variables, _variables.Count - variables);
        _depth--;
        return new(kind, pipeline, body, otherwise);
    }

    /// <summary>Parses [$x :=] command | command, up to the end of the action or a closing parenthesis.</summary>
    private Pipeline Pipeline(bool forRange)
    {
        ImmutableArray<string> names = [];
        var declares = false;
        if (Token.Kind == TemplateTokenKind.Variable && (IsSign(1, ":=") || IsSign(1, "=")
            || (forRange && IsSign(1, ",") && (IsSign(3, ":=") || IsSign(3, "=")))))
        {
            names = IsSign(1, ",") ? [Token.Text, _tokens[_at + 2].Text] : [Token.Text];
            _at += names.Length == 2 ? 3 : 1;
            declares = Take().Text == ":=";
            foreach (var name in names.Where(name => !declares && !_variables.Contains(name)))
            {
                Warn($"expected a variable, but {name} has not been set");
            }
        }

        var commands = ImmutableArray.CreateBuilder<ImmutableArray<Operand>>();
        do
        {
            commands.Add(Command(isPiped: commands.Count > 0));
        }
        // Go ignores a | after the last command.
        while (!HasFailed && IsSign(0, "|") && Take().Kind == TemplateTokenKind.Sign
            && Token.Kind != TemplateTokenKind.End && !IsSign(0, ")"));
        // Declare the variable after its value has been parsed, because it cannot be used in that.
        if (declares)
        {
            _variables.AddRange(names);
        }

        return new(names, declares, commands.ToImmutable());
    }

    private ImmutableArray<Operand> Command(bool isPiped)
    {
        var words = ImmutableArray.CreateBuilder<Operand>();
        while (!HasFailed && Token.Kind != TemplateTokenKind.End && !IsSign(0, "|") && !IsSign(0, ")"))
        {
            words.Add(Operand());
        }

        if (HasFailed)
        {
            return words.ToImmutable();
        }

        var arguments = words.Count - 1 + (isPiped ? 1 : 0);
        switch (words.FirstOrDefault())
        {
            case null:
                Fail("expected a value");
                break;
            case FunctionOperand { Name: "call" }:
                Warn("expected no call: no value is a function");
                break;
            case FunctionOperand function when !TemplateFunctions.Takes(function.Name, arguments, out var expected):
                Warn($"expected {expected} after {function.Name}");
                break;
            case LiteralOperand or PathOperand { Variable: null, Nested: null, Fields: [] } when isPiped:
                Fail("expected a function after |");
                break;
            case PathOperand path when IsMeta(path):
                if (arguments != 1)
                {
                    Warn("expected one name after .Meta");
                }

                break;
            case PathOperand or LiteralOperand when arguments > 0:
                Warn("expected a function before several values");
                break;
            case LiteralOperand { Value: null }:
                Warn("expected a value, and nil is none");
                break;
        }

        foreach (var operand in words)
        {
            Check(operand, isHead: ReferenceEquals(operand, words[0]), arguments);
        }

        return words.ToImmutable();
    }

    private Operand Operand()
    {
        var token = Take();
        switch (token.Kind)
        {
            case TemplateTokenKind.Literal:
                return new LiteralOperand(token.Value);
            case TemplateTokenKind.Word:
                if (!TemplateFunctions.IsKnown(token.Text))
                {
                    Fail($"expected one of {TemplateFunctions.Known}, but found {token.Text}");
                }

                return new FunctionOperand(token.Text);
            case TemplateTokenKind.Dot:
                return new PathOperand(null, null, []);
            case TemplateTokenKind.Field:
                return new PathOperand(null, null, [token.Text, .. Fields()]);
            case TemplateTokenKind.Variable:
                if (!_variables.Contains(token.Text))
                {
                    Fail($"expected a variable, but {token.Text} has not been set");
                }

                return new PathOperand(token.Text, null, Fields());
            case TemplateTokenKind.Sign when token.Text == "(":
                if (++_depth > DepthMaximum)
                {
                    Fail($"expected at most {DepthMaximum} parentheses within each other");
                }

                var nested = Pipeline(forRange: false);
                _depth--;
                if (!HasFailed && !IsSign(0, ")"))
                {
                    Fail("expected ) after (");
                }

                _at = Math.Min(_at + 1, _tokens.Count - 1);
                return new PathOperand(null, nested, Fields());
            default:
                Fail($"expected a value, but found {token.Text}");
                return new LiteralOperand(null);
        }
    }

    /// <summary>Parses .A.B directly after a value.</summary>
    private ImmutableArray<string> Fields()
    {
        var fields = ImmutableArray.CreateBuilder<string>();
        while (Token is { Kind: TemplateTokenKind.Field, Spaced: false })
        {
            fields.Add(Take().Text);
        }

        return fields.ToImmutable();
    }

    private void Check(Operand operand, bool isHead, int arguments)
    {
        if (operand is FunctionOperand function && !isHead && !TemplateFunctions.Takes(function.Name, 0, out var expected))
        {
            Warn($"expected ({function.Name} …) with {expected}");
        }

        if (operand is PathOperand { Nested: null } path
            && (path.Variable == "$" ? _dollarIsRoot : path.Variable is null && _dotIsRoot)
            && !(isHead && arguments == 1 && IsMeta(path)) && !TemplateFields.Exists(path.Fields))
        {
            Warn($"expected {TemplateFields.Known}, but found .{string.Join('.', path.Fields)}");
        }
    }

    private static bool IsMeta(PathOperand path) => path is { Nested: null, Fields: ["Meta"] };

    private bool IsSign(int ahead, string text) => _at + ahead < _tokens.Count
        && _tokens[_at + ahead] is { Kind: TemplateTokenKind.Sign } sign && sign.Text == text;

    /// <summary>Returns the current token and moves on, but not past the end of the action.</summary>
    private TemplateToken Take() => _tokens[_at < _tokens.Count - 1 ? _at++ : _at];

    private void ExpectEnd()
    {
        if (Token.Kind != TemplateTokenKind.End)
        {
            Fail($"expected }}}} before {Token.Text}");
        }
    }

    private void Fail(string problem) => _problem ??= problem;

    private void Warn(string problem) => _warning ??= problem;
}
