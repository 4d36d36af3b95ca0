using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>The words of a file one after the other, those of imports in the place of their import lines.</summary>
/// <remarks>One word of look-ahead. An import pushes its words on a stack, so nothing is copied; the bounds keep
/// snippets that import snippets from growing without end.</remarks>
internal sealed class TokenStream(ImmutableArray<Token> tokens)
{
    private const int DepthMaximum = 100;

    /// <summary>CoreDNS's bound on snippets.</summary>
    private const int InsertsMaximum = 10_000;

    private readonly Stack<(ImmutableArray<Token> Tokens, int Next)> _outer = new();
    private ImmutableArray<Token> _tokens = tokens;
    private int _next;
    private int _taken;
    private int _inserts;

    /// <summary>The word taken last; null at the start.</summary>
    public Token? Last { get; private set; }

    /// <summary>True when imports made more words than there may be; the rest is cut off.</summary>
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

    /// <summary>True when the next word is on the line of the last one.</summary>
    public bool TryPeekSameLine(out Token token) => TryPeek(out token) && Last is { } last && last.SameLine(token);

    /// <summary>Call after a successful peek.</summary>
    public Token Take()
    {
        var token = _tokens[_next++];
        _taken++;
        Last = token;
        return token;
    }

    /// <summary>Puts words before what comes next; false when imports are nested too deeply or went on for too long.
    /// </summary>
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
