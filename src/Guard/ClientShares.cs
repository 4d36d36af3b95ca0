using System.Buffers.Binary;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard;

/// <summary>Counts how much of a limited resource each client address uses, so that no client can take all of
/// it.</summary>
internal sealed class ClientShares(int ofAll, int ofOne)
{
    private readonly Dictionary<UInt128, int> _shares = [];
    private int _count;

    public bool HasRoomFor(in SocketAddress client) =>
        _count < ofAll && _shares.GetValueOrDefault(Key(client)) < ofOne;

    public void Add(in SocketAddress client)
    {
        _count++;
        var key = Key(client);
        _shares[key] = _shares.GetValueOrDefault(key) + 1;
    }

    public void Remove(in SocketAddress client)
    {
        _count--;
        var key = Key(client);
        var left = _shares[key] - 1;
        if (left == 0)
        {
            _shares.Remove(key);
        }
        else
        {
            _shares[key] = left;
        }
    }

    /// <summary>The address as a number, without the port.</summary>
    internal static UInt128 Key(in SocketAddress client) => client.Family == SocketAddress.FamilyIPv6
        ? BinaryPrimitives.ReadUInt128BigEndian(client.Address)
        : BinaryPrimitives.ReadUInt32BigEndian(client.Address);
}
