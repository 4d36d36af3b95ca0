using System.Buffers;
using System.Buffers.Binary;

namespace NodeDns.Cache.Listen;

/// <summary>What a client has sent and nobody has taken yet: messages, each behind two octets of length (RFC 1035 section
/// 4.2.2). Its buffer is held only while it holds something.</summary>
internal struct FrameInput
{
    public const int Header = 2;

    private const int SmallBuffer = 4096;

    private byte[]? _buffer;
    private int _start;
    private int _end;

    public readonly bool IsEmpty => _start == _end;

    /// <summary>When the message began whose end has not come; far in the future without one.</summary>
    public long PartialSinceMs { get; private set; }

    public void Begin()
    {
        _start = _end = 0;
        PartialSinceMs = long.MaxValue;
    }

    /// <summary>Where to read to; empty when whole messages have to wait.</summary>
    public Span<byte> Room()
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(SmallBuffer);
        return _buffer.AsSpan(_end);
    }

    public void Received(int count) => _end += count;

    /// <summary>Takes the next whole message.</summary>
    /// <param name="message">Valid until <see cref="KeepPartial"/>.</param>
    public bool TryTake(out ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> left = _buffer.AsSpan(_start, _end - _start);
        if (left.Length < Header || left.Length < Header + BinaryPrimitives.ReadUInt16BigEndian(left))
        {
            message = default;
            return false;
        }
        message = left.Slice(Header, BinaryPrimitives.ReadUInt16BigEndian(left));
        _start += Header + message.Length;
        return true;
    }

    /// <summary>Moves what is left to a buffer that holds the whole of the message begun, or lets the buffer go.</summary>
    public void KeepPartial(long nowMs)
    {
        var left = _end - _start;
        if (left == 0)
        {
            LetGo();
            Begin();
            return;
        }
        if (_start > 0 || PartialSinceMs == long.MaxValue)
        {
            PartialSinceMs = nowMs;
        }
        var wanted = left < Header
            ? SmallBuffer
            : Header + BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_start));
        if (wanted > _buffer!.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(wanted);
            _buffer.AsSpan(_start, left).CopyTo(larger);
            LetGo();
            _buffer = larger;
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, left).CopyTo(_buffer);
        }
        _start = 0;
        _end = left;
    }

    public void LetGo() => LetGo(ref _buffer);

    internal static void LetGo(ref byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = null;
        }
    }
}
