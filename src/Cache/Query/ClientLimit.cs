using NodeDns.Cache.Store;
using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Query;

/// <summary>How many misses each client has under way: one pod that asks for names nobody answers must not take the room
/// of the others. One a worker.</summary>
/// <remarks>Clients share counters by hash of their address, which is exact enough at the 250 pods of a node: 4,096
/// counters of two octets.</remarks>
internal sealed class ClientLimit
{
    /// <summary>unbound's wait-limit.</summary>
    public const int Default = 1000;

    private const int Slots = 4096;

    private readonly ushort[] _pending = new ushort[Slots];
    private readonly int _limit;

    public ClientLimit(int limit = Default) => _limit = Math.Min(limit, ushort.MaxValue);

    /// <returns>The slot to give back to <see cref="Leave"/>, or -1 when the client has too many under way.</returns>
    public int Enter(in SocketAddress client)
    {
        var slot = (int)(KeyedHash.Of(client.Address, 0) % Slots);
        if (_pending[slot] >= _limit)
        {
            return -1;
        }

        _pending[slot]++;
        return slot;
    }

    public void Leave(int slot) => _pending[slot]--;
}
