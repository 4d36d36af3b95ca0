using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>Parses words into blocks: braces, snippets, imports, environment variables. Does not know any
/// directive.</summary>
/// <remarks>
/// 1. Keys are the words up to a brace or the end of the line. After a comma at its end, they continue on the next line.
/// 2. A single key in parentheses names a snippet, which later imports can use.
/// 3. Otherwise directives follow, up to the closing brace, or to the end of the file if there was no opening brace.
/// 4. `import` at the start of any line is replaced by the words of a snippet, of a file, or of all files that match a
///    pattern.
/// </remarks>
internal sealed class Parser
{
    private const string Syntax = "syntax";

    /// <summary>No real configuration has as many files. Limits the cost of a file that imports itself.</summary>
    private const int FileImportsMaximum = 1000;

    private readonly TokenStream _stream;
    private readonly CorefileOptions _options;
    private readonly ProblemList _problems;
    private readonly Dictionary<string, ImmutableArray<Token>> _snippets = [];
    private readonly FileTrail _files;
    private int _fileImports;

    public Parser(ImmutableArray<Token> tokens, CorefileOptions options, ProblemList problems, FileTrail files)
    {
        _stream = new(tokens);
        _options = options;
        _problems = problems;
        _files = files;
    }

    public ImmutableArray<BlockNode> Parse()
    {
        var blocks = ImmutableArray.CreateBuilder<BlockNode>();
        while (_stream.TryPeek(out var token))
        {
            if (token.Text == "}")
            {
                StrayBrace();
            }
            else if (Block() is { } block)
            {
                blocks.Add(block);
            }
        }

        if (_stream is { IsExhausted: true, Last: { } last })
        {
            _problems.Error(last.At, Syntax, last.Text, $"expected fewer than {Lexer.TokensMaximum} words with imports");
        }

        return blocks.ToImmutable();
    }

    /// <summary>CoreDNS takes a brace at the very end for a zone and serves it. Anywhere else it refuses the
    /// file.</summary>
    private void StrayBrace()
    {
        var brace = _stream.Take();
        if (_stream.TryPeek(out _))
        {
            _problems.Error(brace.At, Syntax, "}", "expected no closing brace here: no block is open");
        }
        else
        {
            _problems.Warn(brace.At, Syntax, "}", "left out: no block is open");
        }
    }

    private BlockNode? Block()
    {
        var keys = Keys();
        if (keys is [var key] && key.Text.StartsWith('(') && key.Text.EndsWith(')'))
        {
            Snippet(key);
            return null;
        }

        _stream.TryPeek(out var brace);
        if (brace.Text != "{")
        {
            return keys.IsEmpty ? null : new(keys, Directives(braced: false));
        }

        _stream.Take();
        var directives = Directives(braced: true);
        if (_stream.Peek("}"))
        {
            _stream.Take();
        }
        else if (_stream.Last is { Text: "}" } && !directives.IsEmpty)
        {
            // CoreDNS takes the directive's closing brace for the block's as well.
            _problems.Warn(brace.At, Syntax, "{", "has no closing brace of its own; the file ends without it");
        }
        else
        {
            _problems.Error(brace.At, Syntax, "{", "expected a closing brace for this one");
        }

        if (keys.IsEmpty)
        {
            _problems.Error(brace.At, "zone", "{", "expected a zone before the brace, such as \".\" or \"example.org:53\"");
        }

        return keys.IsEmpty ? null : new(keys, directives);
    }

    private ImmutableArray<Token> Keys()
    {
        var keys = ImmutableArray.CreateBuilder<Token>();
        var more = true;
        while (more && _stream.TryPeek(out var token) && token.Text != "{")
        {
            if (token.Text == "import" && !_stream.TryPeekSameLine(out _))
            {
                Import();
                continue;
            }

            token = Expand(_stream.Take());
            var comma = token.Text.EndsWith(',');
            var text = comma ? token.Text[..^1] : token.Text;
            if (text.Length > 0)
            {
                keys.Add(token with { Text = text });
            }

            more = comma || _stream.TryPeekSameLine(out _);
            if (comma && (!_stream.TryPeek(out var next) || next.Text == "{"))
            {
                _problems.Error(token.At, "zone", token.Text, "expected another zone after the comma");
            }
        }

        return keys.ToImmutable();
    }

    private void Snippet(Token key)
    {
        var name = key.Text[1..^1];
        if (!_stream.Peek("{"))
        {
            _problems.Error(key.At, Syntax, key.Text, "expected { after the snippet's name");
            return;
        }

        _stream.Take();
        var depth = 1;
        var tokens = ImmutableArray.CreateBuilder<Token>();
        while (depth > 0 && _stream.TryPeek(out _))
        {
            var token = _stream.Take();
            depth += token.Text switch { "{" => 1, "}" => -1, _ => 0 };
            if (depth > 0)
            {
                tokens.Add(token);
            }
        }

        if (depth > 0)
        {
            _problems.Error(key.At, Syntax, key.Text, "expected a closing brace for this snippet");
        }
        else if (!_snippets.TryAdd(name, tokens.ToImmutable()))
        {
            _problems.Error(key.At, Syntax, key.Text, "expected a snippet name that is not taken yet");
        }
    }

    private ImmutableArray<DirectiveNode> Directives(bool braced)
    {
        var directives = ImmutableArray.CreateBuilder<DirectiveNode>();
        while (_stream.TryPeek(out var token))
        {
            if (token.Text == "}")
            {
                if (braced)
                {
                    break;
                }

                StrayBrace();
            }
            else if (token.Text == "import")
            {
                Import();
            }
            else if (token.Text == "{")
            {
                _stream.Take();
                _problems.Error(token.At, Syntax, "{", "expected this brace on the line of its directive");
                Body();
            }
            else
            {
                directives.Add(Directive());
            }
        }

        return directives.ToImmutable();
    }

    private DirectiveNode Directive()
    {
        var head = Line();
        var body = ImmutableArray<OptionLine>.Empty;
        if (_stream.TryPeekSameLine(out var brace) && brace.Text == "{")
        {
            _stream.Take();
            body = Body();
            if (!_stream.Peek("}"))
            {
                _problems.Error(brace.At, head.Name.Text, "{", "expected a closing brace for this one");
            }
            else
            {
                _stream.Take();
                while (_stream.TryPeekSameLine(out var junk) && junk.Text != "}")
                {
                    _problems.Error(junk.At, head.Name.Text, junk.Text, "expected a new line after the closing brace");
                    _stream.Take();
                }
            }
        }

        return new(head, body);
    }

    /// <summary>The lines up to the closing brace, which is not consumed. Directives do not nest further; a nested
    /// block is an error.</summary>
    private ImmutableArray<OptionLine> Body()
    {
        var lines = ImmutableArray.CreateBuilder<OptionLine>();
        var depth = 0;
        while (_stream.TryPeek(out var token))
        {
            if (token.Text == "{")
            {
                _stream.Take();
                depth++;
                _problems.Error(token.At, Syntax, "{", "expected no second brace within a directive");
            }
            else if (token.Text == "}")
            {
                if (depth-- == 0)
                {
                    break;
                }

                _stream.Take();
            }
            else if (token.Text == "import" && !_stream.TryPeekSameLine(out _))
            {
                Import();
            }
            else
            {
                lines.Add(Line());
            }
        }

        return lines.ToImmutable();
    }

    /// <summary>The rest of the line, without braces.</summary>
    private OptionLine Line()
    {
        var name = Expand(_stream.Take());
        var args = ImmutableArray.CreateBuilder<Token>();
        while (_stream.TryPeekSameLine(out var token) && token.Text is not ("{" or "}"))
        {
            args.Add(Expand(_stream.Take()));
        }

        return new(name, args.ToImmutable());
    }

    private void Import()
    {
        var import = _stream.Take();
        var args = ImmutableArray.CreateBuilder<Token>();
        while (_stream.TryPeekSameLine(out var token) && token.Text is not ("{" or "}"))
        {
            args.Add(Expand(_stream.Take()));
        }

        if (args is not [{ Text.Length: > 0 } pattern])
        {
            _problems.Error(import.At, "import", string.Join(' ', args.Select(a => a.Text)),
                "expected one argument: a snippet, a file or a pattern with one *");
            return;
        }

        if (!_snippets.TryGetValue(pattern.Text, out var tokens))
        {
            tokens = ImportFiles(pattern);
        }

        if (!tokens.IsDefault && !_stream.Insert(tokens))
        {
            _problems.Error(import.At, "import", pattern.Text, "expected imports that end: this one repeats itself");
        }
    }

    private ImmutableArray<Token> ImportFiles(Token pattern)
    {
        var path = Path.IsPathRooted(pattern.Text)
            ? pattern.Text
            : Path.Combine(Path.GetDirectoryName(pattern.At.File) ?? "", pattern.Text);
        var wild = path.AsSpan().ContainsAny('*', '?', '[');
        if (path.Count(c => c == '*') > 1 || path.Count(c => c == '?') > 1 || (path.Contains('[') && path.Contains(']')))
        {
            _problems.Error(pattern.At, "import", pattern.Text, "expected a pattern with at most one *");
            return default;
        }

        var files = wild ? _files.Glob(path) : [path];
        if (files.Count == 0)
        {
            _problems.Warn(pattern.At, "import", pattern.Text, "no file matches");
        }

        var tokens = ImmutableArray.CreateBuilder<Token>();
        foreach (var file in files)
        {
            if (++_fileImports > FileImportsMaximum)
            {
                _problems.Error(pattern.At, "import", pattern.Text, $"expected at most {FileImportsMaximum} files");
                break;
            }

            if (_files.Read(file, out var reason) is { } text)
            {
                tokens.AddRange(Lexer.Read(file, PillarText.Replace(text, _options.Pillars), _problems));
            }
            else
            {
                _problems.Error(pattern.At, "import", pattern.Text, $"expected a snippet or a readable file: {reason}");
            }
        }

        return tokens.ToImmutable();
    }

    private Token Expand(Token token) => token with { Text = EnvironmentText.Replace(token.Text, _options.Environment) };
}
