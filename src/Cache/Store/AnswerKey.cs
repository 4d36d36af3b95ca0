using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Store;

/// <summary>The key of a stored or pending answer: the scope, the client's question, and whatever else decides which
/// question upstream is asked.</summary>
internal readonly ref struct AnswerKey
{
    /// <param name="name">Lower-case wire form. The key keeps the span.</param>
    /// <param name="sentOptions">As <see cref="SentOptions"/>. The key keeps the span.</param>
    public AnswerKey(ReadOnlySpan<byte> name, Qtype type, Qclass @class, ushort scope, KeyFlags flags,
        ReadOnlySpan<byte> sentOptions = default)
    {
        Name = name;
        Type = type;
        Class = @class;
        Scope = scope;
        Flags = flags;
        SentOptions = sentOptions;
        Hash = KeyedHash.Of(name, (ulong)type | (ulong)@class << 16 | (ulong)scope << 32 | (ulong)flags << 48);
        if (!sentOptions.IsEmpty)
        {
            Hash = KeyedHash.Of(sentOptions, Hash);
        }
    }

    public ReadOnlySpan<byte> Name { get; }

    public Qtype Type { get; }

    public Qclass Class { get; }

    /// <summary>The server block's <see cref="AnswerScope.Number"/>.</summary>
    public ushort Scope { get; }

    public KeyFlags Flags { get; }

    /// <summary>The EDNS options that a rewrite sends upstream: code, length and data of each. They may contain the
    /// client's address, so that clients do not share answers.</summary>
    public ReadOnlySpan<byte> SentOptions { get; }

    /// <summary>Octets of name and options together.</summary>
    public int Length => Name.Length + SentOptions.Length;

    public ulong Hash { get; }

    /// <summary>The key under which a failure to answer this question is stored.</summary>
    public AnswerKey ForFailure() => new(Name, Type, Class, Scope, Flags | KeyFlags.Failure, SentOptions);
}
