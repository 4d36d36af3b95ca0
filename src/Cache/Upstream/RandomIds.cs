using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Upstream;

/// <summary>Unpredictable numbers (RFC 5452 section 9.1) from the kernel's generator, fetched in batches.</summary>
/// <remarks>Belongs to one worker. 512 octets are fetched at once, so a query costs 1/256 of a system call. The numbers
/// are independent, so no number tells anything about the next.</remarks>
internal sealed class RandomIds
{
    private readonly ushort[] _batch = new ushort[256];
    private int _left;

    public ushort Next()
    {
        if (_left == 0)
        {
            Libc.FillRandom(MemoryMarshal.AsBytes(_batch.AsSpan()));
            _left = _batch.Length;
        }
        ref var taken = ref _batch[--_left];
        var id = taken;
        taken = 0;
        return id;
    }

    public ulong Next64() => (ulong)Next() << 48 | (ulong)Next() << 32 | (ulong)Next() << 16 | Next();
}
