using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Store;

/// <summary>What an answer is found by, kept or under way: whose it is, the client's question, and what of the question
/// that is sent upstream does not follow from these two.</summary>
internal readonly ref struct AnswerKey
{
    /// <param name="name">Lower-case wire form; the key keeps the span.</param>
    /// <param name="sentOptions">Kept too.</param>
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

    /// <summary>The server block: <see cref="AnswerScope.Number"/>.</summary>
    public ushort Scope { get; }

    public KeyFlags Flags { get; }

    /// <summary>EDNS options that a rewrite sends upstream: code, length, data, one after the other. They may hold the
    /// client's address, so that one client's answer is not another's.</summary>
    public ReadOnlySpan<byte> SentOptions { get; }

    /// <summary>Octets of name and options.</summary>
    public int Length => Name.Length + SentOptions.Length;

    public ulong Hash { get; }

    /// <summary>The key under which the failure to answer this question is kept.</summary>
    public AnswerKey ForFailure() => new(Name, Type, Class, Scope, Flags | KeyFlags.Failure, SentOptions);
}
