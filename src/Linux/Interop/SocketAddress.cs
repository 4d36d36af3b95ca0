using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

/// <summary>A socket address in the kernel's format, sockaddr_in or sockaddr_in6, stored by value in 28
/// octets.</summary>
/// <remarks>
/// Layout (ip(7), ipv6(7)): octets 0-1 family in host order, 2-3 port in network order; then IPv4: 4-7 address;
/// IPv6: 4-7 flow information, 8-23 address, 24-27 scope id in host order.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = Capacity)]
public struct SocketAddress : IEquatable<SocketAddress>
{
    /// <summary>sizeof(struct sockaddr_in6), the larger of the two.</summary>
    public const int Capacity = 28;

    public const ushort FamilyIPv4 = 2;
    public const ushort FamilyIPv6 = 10;

    private InlineBytes _bytes;

    [InlineArray(Capacity)]
    private struct InlineBytes
    {
        private byte _first;
    }

    [UnscopedRef]
    public Span<byte> Bytes => _bytes;

    public readonly ushort Family => MemoryMarshal.Read<ushort>(_bytes);

    public readonly ushort Port => BinaryPrimitives.ReadUInt16BigEndian(((ReadOnlySpan<byte>)_bytes)[2..]);

    /// <summary>The length that the kernel expects: 16 octets for IPv4, 28 for IPv6.</summary>
    public readonly int Length => Family == FamilyIPv6 ? 28 : 16;

    /// <summary>The 4 or 16 octets of the address, in network order.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Address =>
        Family == FamilyIPv6 ? ((ReadOnlySpan<byte>)_bytes).Slice(8, 16) : ((ReadOnlySpan<byte>)_bytes).Slice(4, 4);

    public static SocketAddress From(IPEndPoint endPoint)
    {
        var result = default(SocketAddress);
        Span<byte> bytes = result._bytes;
        var isIPv6 = endPoint.AddressFamily == AddressFamily.InterNetworkV6;
        MemoryMarshal.Write(bytes, isIPv6 ? FamilyIPv6 : FamilyIPv4);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)endPoint.Port);
        endPoint.Address.TryWriteBytes(bytes[(isIPv6 ? 8 : 4)..], out _);
        if (isIPv6)
        {
            MemoryMarshal.Write(bytes[24..], (uint)endPoint.Address.ScopeId);
        }
        return result;
    }

    public readonly IPEndPoint ToIPEndPoint() => Family == FamilyIPv6
        ? new IPEndPoint(new IPAddress(Address, MemoryMarshal.Read<uint>(((ReadOnlySpan<byte>)_bytes)[24..])), Port)
        : new IPEndPoint(new IPAddress(Address), Port);

    public static bool operator ==(SocketAddress left, SocketAddress right) => left.Equals(right);

    public static bool operator !=(SocketAddress left, SocketAddress right) => !left.Equals(right);

    public readonly bool Equals(SocketAddress other) =>
        ((ReadOnlySpan<byte>)_bytes)[..Length].SequenceEqual(((ReadOnlySpan<byte>)other._bytes)[..other.Length]);

    public override readonly bool Equals(object? obj) => obj is SocketAddress other && Equals(other);

    public override readonly int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(((ReadOnlySpan<byte>)_bytes)[..Length]);
        return hash.ToHashCode();
    }

    public override readonly string ToString() => ToIPEndPoint().ToString();
}
