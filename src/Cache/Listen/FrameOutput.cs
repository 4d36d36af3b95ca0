using System.Buffers;
using System.Buffers.Binary;

namespace NodeDns.Cache.Listen;

/// <summary>The replies that are to be sent to a client, each after its length in two octets. The buffer is held only
/// while there is something in it.</summary>
internal struct FrameOutput
{
    private const int SmallBuffer = 4096;

    private byte[]? _buffer;
    private int _start;
    private int _end;

    public readonly bool IsEmpty => _start == _end;

    public readonly int Length => _end - _start;

    public readonly ReadOnlySpan<byte> Unsent => _buffer.AsSpan(_start, _end - _start);

    public void Add(ReadOnlySpan<byte> message)
    {
        var needed = FrameInput.Header + message.Length;
        if (_buffer is null || _buffer.Length - _end < needed)
        {
            Grow(needed);
        }
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(_end), (ushort)message.Length);
        message.CopyTo(_buffer.AsSpan(_end + FrameInput.Header));
        _end += needed;
    }

    public void Sent(int count) => _start += count;

    public void LetGo()
    {
        FrameInput.LetGo(ref _buffer);
        _start = _end = 0;
    }

    private void Grow(int needed)
    {
        var unsent = Length;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallBuffer, 2 * unsent + needed));
        Unsent.CopyTo(larger);
        FrameInput.LetGo(ref _buffer);
        _buffer = larger;
        _start = 0;
        _end = unsent;
    }
}
