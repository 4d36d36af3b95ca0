using NodeDns.Cache.Store;
using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Query;

/// <summary>Counts the pending misses of each client, so that a pod that asks for unanswerable names cannot take the
/// places of others. There is one for each worker.</summary>
/// <remarks>Clients are counted by the hash of their address: 4,096 counters of two octets, which is precise enough for
/// the 250 pods of a node.</remarks>
internal sealed class ClientLimit
{
    /// <summary>The default of unbound's wait-limit.</summary>
    public const int Default = 1000;

    private const int Slots = 4096;

    private readonly ushort[] _pending = new ushort[Slots];
    private readonly int _limit;

    public ClientLimit(int limit = Default) => _limit = Math.Min(limit, ushort.MaxValue);

    /// <param name="slot">What to pass to <see cref="Leave"/> after true.</param>
    /// <returns>false when the client has too many pending.</returns>
    public bool TryEnter(in SocketAddress client, out int slot)
    {
        slot = (int)(KeyedHash.Of(client.Address, 0) % Slots);
        if (_pending[slot] >= _limit)
        {
            return false;
        }

        _pending[slot]++;
        return true;
    }

    public void Leave(int slot) => _pending[slot]--;
}
