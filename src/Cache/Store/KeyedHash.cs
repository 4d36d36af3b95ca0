using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Store;

/// <summary>SipHash-1-3 with a key that is random for each process, so that nobody can choose names that
/// collide.</summary>
internal static class KeyedHash
{
    private static readonly ulong s_key0 = Draw();
    private static readonly ulong s_key1 = Draw();

    /// <summary>Hashes octets, usually a name, together with eight more octets.</summary>
    public static ulong Of(ReadOnlySpan<byte> name, ulong with)
    {
        ulong v0 = s_key0 ^ 0x736f6d6570736575, v1 = s_key1 ^ 0x646f72616e646f6d;
        ulong v2 = s_key0 ^ 0x6c7967656e657261, v3 = s_key1 ^ 0x7465646279746573;
        ref var at = ref MemoryMarshal.GetReference(name);
        var left = name.Length;
        for (; left >= 8; left -= 8)
        {
            Mix(ref v0, ref v1, ref v2, ref v3, Unsafe.ReadUnaligned<ulong>(ref at));
            at = ref Unsafe.Add(ref at, 8);
        }
        var tail = (ulong)name.Length << 56;
        for (var i = 0; i < left; i++)
        {
            tail |= (ulong)Unsafe.Add(ref at, i) << (8 * i);
        }

        Mix(ref v0, ref v1, ref v2, ref v3, tail);
        Mix(ref v0, ref v1, ref v2, ref v3, with);
        v2 ^= 0xff;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3, ulong word)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }

    private static ulong Draw()
    {
        ulong key = 0;
        Libc.FillRandom(MemoryMarshal.AsBytes(new Span<ulong>(ref key)));
        return key;
    }
}
