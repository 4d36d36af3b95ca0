using System.Buffers;
using System.Buffers.Binary;

namespace NodeDns.Cache.Listen;

/// <summary>The octets that a client has sent and that have not been handled yet: messages that each follow their
/// length in two octets (RFC 1035 section 4.2.2). The buffer is held only while there is something in it.</summary>
internal struct FrameInput
{
    public const int Header = 2;

    private const int SmallBuffer = 4096;

    private byte[]? _buffer;
    private int _start;
    private int _end;

    /// <summary>When the incomplete message began; far in the future when there is none.</summary>
    public long PartialSinceMs { get; private set; }

    public void Begin()
    {
        _start = _end = 0;
        PartialSinceMs = long.MaxValue;
    }

    /// <summary>The buffer to read into; empty when complete messages have to be handled first.</summary>
    public Span<byte> Room()
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(SmallBuffer);
        return _buffer.AsSpan(_end);
    }

    public void Received(int count) => _end += count;

    /// <summary>Takes the next complete message.</summary>
    /// <param name="message">Valid until <see cref="KeepPartial"/> is called.</param>
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

    /// <summary>Keeps the start of an incomplete message in a buffer that is large enough for all of it, or returns the
    /// buffer if nothing is left.</summary>
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
