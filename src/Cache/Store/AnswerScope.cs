namespace NodeDns.Cache.Store;

/// <summary>Whose answers: those of one server block, as long as what decides them stays the same.</summary>
/// <remarks>Made with a model, and a part of the store once the model is in force (<see cref="AnswerStore.Use"/>). What
/// decides answers may change under a model, as hosts files do: then the number does, and the answers of before are
/// found no more.</remarks>
/// <param name="identity">What decides the answers, as text; asked at each <see cref="AnswerStore.Use"/>.</param>
internal sealed class AnswerScope(Func<string> identity, ScopeOptions options = default)
{
    /// <summary>The number of a scope that is not in force: nothing is found there, and nothing kept.</summary>
    public const ushort None = ushort.MaxValue;

    private volatile ushort _number = None;

    /// <summary>Its number in the store; workers read it for each question. Written by <see cref="AnswerStore.Use"/>.
    /// </summary>
    public ushort Number
    {
        get => _number;
        internal set => _number = value;
    }

    public ScopeOptions Options => options;

    internal string Identity => identity();
}
