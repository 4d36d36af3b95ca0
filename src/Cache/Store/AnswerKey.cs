using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Store;

/// <summary>What an answer is found by.</summary>
public readonly ref struct AnswerKey
{
    /// <param name="name">Lower-case wire form; the key keeps the span.</param>
    public AnswerKey(ReadOnlySpan<byte> name, Qtype type, Qclass @class, ushort scope, KeyFlags flags)
    {
        Name = name;
        Type = type;
        Class = @class;
        Scope = scope;
        Flags = flags;
        Hash = KeyedHash.Of(name, (ulong)type | (ulong)@class << 16 | (ulong)scope << 32 | (ulong)flags << 48);
    }

    public ReadOnlySpan<byte> Name { get; }

    public Qtype Type { get; }

    public Qclass Class { get; }

    /// <summary>The server block, as <see cref="AnswerStore.Scope"/> numbered it.</summary>
    public ushort Scope { get; }

    public KeyFlags Flags { get; }

    public ulong Hash { get; }

    /// <summary>The key under which the failure to answer this question is kept.</summary>
    public AnswerKey ForFailure() => new(Name, Type, Class, Scope, Flags | KeyFlags.Failure);
}
