namespace NodeDns.Cache.Store;

/// <summary>Separates the answers of different server blocks. Answers are shared only while everything that decides
/// them is the same.</summary>
/// <remarks>A scope is created with a model and gets its number when the model comes into force
/// (<see cref="AnswerStore.Use"/>). What decides the answers may also change without a new model, for example a hosts
/// file. Then the scope gets a new number, and the earlier answers are no longer found.</remarks>
/// <param name="identity">Returns, as text, everything that decides the answers. Called at each
/// <see cref="AnswerStore.Use"/>.</param>
internal sealed class AnswerScope(Func<string> identity, ScopeOptions options = default)
{
    /// <summary>The number of a scope that is not in force. Nothing is found or stored under it.</summary>
    public const ushort None = ushort.MaxValue;

    private volatile ushort _number = None;

    /// <summary>The scope's number in the store. Workers read it for each question; <see cref="AnswerStore.Use"/>
    /// writes it.</summary>
    public ushort Number
    {
        get => _number;
        internal set => _number = value;
    }

    public ScopeOptions Options => options;

    internal string Identity => identity();
}
