using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>The words of a file in order. The words of an import take the place of the import line.</summary>
/// <remarks>Has one word of look-ahead. An import pushes its words on a stack, so nothing is copied. The limits stop
/// snippets that import each other for ever.</remarks>
internal sealed class TokenStream(ImmutableArray<Token> tokens)
{
    private const int DepthMaximum = 100;

    /// <summary>CoreDNS's limit for snippets.</summary>
    private const int InsertsMaximum = 10_000;

    private readonly Stack<(ImmutableArray<Token> Tokens, int Next)> _outer = new();
    private ImmutableArray<Token> _tokens = tokens;
    private int _next;
    private int _taken;
    private int _inserts;

    /// <summary>The word that was taken last; null at the start.</summary>
    public Token? Last { get; private set; }

    /// <summary>True when imports have produced too many words. The rest is cut off.</summary>
    public bool IsExhausted => _taken >= Lexer.TokensMaximum;

    public bool TryPeek(out Token token)
    {
        while (_next >= _tokens.Length && _outer.TryPop(out var outer))
        {
            (_tokens, _next) = outer;
        }

        token = _next < _tokens.Length && !IsExhausted ? _tokens[_next] : default;
        return token.Text is not null;
    }

    public bool Peek(string text) => TryPeek(out var token) && token.Text == text;

    /// <summary>True when the next word is on the same line as the last one.</summary>
    public bool TryPeekSameLine(out Token token) => TryPeek(out token) && Last is { } last && last.SameLine(token);

    /// <summary>Takes the next word. Call this after a successful peek.</summary>
    public Token Take()
    {
        var token = _tokens[_next++];
        _taken++;
        Last = token;
        return token;
    }

    /// <summary>Inserts words before the next one. Returns false when imports are nested too deeply or there are too
    /// many.</summary>
    public bool Insert(ImmutableArray<Token> tokens)
    {
        if (_outer.Count >= DepthMaximum || ++_inserts > InsertsMaximum)
        {
            return false;
        }

        _outer.Push((_tokens, _next));
        (_tokens, _next) = (tokens, 0);
        return true;
    }
}
