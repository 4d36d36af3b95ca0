namespace NodeDns.Cache.Store;

/// <summary>The scopes in force, with their numbers, which entries carry, and their partitions. Used under the store's
/// lock.</summary>
internal sealed class ScopeTable(CellArena arena)
{
    private const int Kinds = 3;

    /// <summary>How many numbers of removed scopes are kept before the oldest is used again. By then every exchange of
    /// its former scope has ended, and its answers have been removed.</summary>
    private const int GoneMaximum = 1024;

    private readonly Dictionary<string, ushort> _numbers = [];
    private readonly Queue<ushort> _gone = new();
    private readonly List<string?> _identities = [];
    private Partition[] _partitions = [];

    /// <summary>True when this number has been assigned at some time.</summary>
    public bool Has(ushort scope) => scope < _identities.Count;

    public IReadOnlyDictionary<string, ushort> InForce() => new Dictionary<string, ushort>(_numbers);

    /// <summary>The identities of the scopes in force, indexed by number; null for scopes that were removed.</summary>
    public string?[] Identities() => [.. _identities];

    public Partition PartitionOf(ushort scope, AnswerKind kind) => _partitions[scope * Kinds + (int)kind];

    public ReadOnlySpan<Partition> PartitionsOf(ushort scope) => _partitions.AsSpan(scope * Kinds, Kinds);

    /// <param name="isReused">The number belonged to another scope before.</param>
    public ushort NumberOf(string identity, ScopeOptions options, out bool isReused)
    {
        isReused = false;
        if (!_numbers.TryGetValue(identity, out var scope))
        {
            isReused = _gone.Count > GoneMaximum;
            scope = isReused ? _gone.Dequeue() : Add();
            _identities[scope] = identity;
            _numbers.Add(identity, scope);
        }
        PartitionOf(scope, AnswerKind.Success).Capacity = options.SuccessCapacity;
        PartitionOf(scope, AnswerKind.Denial).Capacity = options.DenialCapacity;
        PartitionOf(scope, AnswerKind.Failure).Capacity = options.DenialCapacity;
        return scope;
    }

    /// <returns>The numbers of the scopes that this call has removed.</returns>
    public List<ushort> KeepOnly(IEnumerable<string> identities)
    {
        var gone = new List<ushort>();
        foreach (var identity in _numbers.Keys.Except(identities).ToList())
        {
            _numbers.Remove(identity, out var number);
            _identities[number] = null;
            _gone.Enqueue(number);
            gone.Add(number);
        }
        return gone;
    }

    private ushort Add()
    {
        _identities.Add(null);
        _partitions = [.. _partitions, new(arena), new(arena), new(arena)];
        return (ushort)(_identities.Count - 1);
    }
}
