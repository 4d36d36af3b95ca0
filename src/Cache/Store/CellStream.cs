using System.Runtime.CompilerServices;

namespace NodeDns.Cache.Store;

/// <summary>Reads or writes the octets in an entry's chain of cells, from start to end.</summary>
/// <remarks>A writer may change the cells while a reader reads them. Every cell index is checked before it is followed,
/// so the reader at worst reads garbage, which the entry's sequence number then reveals. Writers hold the store's
/// lock.</remarks>
internal unsafe ref struct CellStream
{
    private readonly CellArena _arena;
    // SAFETY: _at and _end stay within one cell of the arena, which Advance checks against CellCount.
    private byte* _at;
    private byte* _end;
    private byte* _cell;

    public CellStream(CellArena arena, uint head)
    {
        _arena = arena;
        _cell = (byte*)arena.Head(head);
        _at = _end = null;
    }

    /// <summary>Compares the name and the options at the start of an entry's stream, and skips them.</summary>
    public bool Matches(in AnswerKey key) => Matches(key.Name) && Matches(key.SentOptions);

    /// <summary>Compares the next octets with <paramref name="expected"/> and skips them.</summary>
    public bool Matches(ReadOnlySpan<byte> expected)
    {
        while (!expected.IsEmpty)
        {
            if (_at == _end && !Advance())
            {
                return false;
            }

            var take = (int)Math.Min(_end - _at, expected.Length);
            if (!new ReadOnlySpan<byte>(_at, take).SequenceEqual(expected[..take]))
            {
                return false;
            }

            _at += take;
            expected = expected[take..];
        }
        return true;
    }

    /// <summary>Copies the next octets.</summary>
    /// <returns>false when the chain ends early, because a writer changed it meanwhile.</returns>
    public bool Read(scoped Span<byte> to)
    {
        while (!to.IsEmpty)
        {
            if (_at == _end && !Advance())
            {
                return false;
            }

            var take = (int)Math.Min(_end - _at, to.Length);
            new ReadOnlySpan<byte>(_at, take).CopyTo(to);
            _at += take;
            to = to[take..];
        }
        return true;
    }

    public bool ReadUInt16(out ushort value)
    {
        value = 0;
        if (_end - _at >= 2)
        {
            value = Unsafe.ReadUnaligned<ushort>(_at);
            _at += 2;
            return true;
        }
        Span<byte> octets = stackalloc byte[2];
        if (!Read(octets))
        {
            return false;
        }

        value = Unsafe.ReadUnaligned<ushort>(ref octets[0]);
        return true;
    }

    public void Write(ReadOnlySpan<byte> from)
    {
        while (!from.IsEmpty)
        {
            if (_at == _end)
            {
                Advance();
            }

            var take = (int)Math.Min(_end - _at, from.Length);
            from[..take].CopyTo(new Span<byte>(_at, take));
            _at += take;
            from = from[take..];
        }
    }

    private bool Advance()
    {
        var next = Unsafe.ReadUnaligned<uint>(_cell) & CellArena.IndexMask;
        if (next == 0 || next >= _arena.CellCount)
        {
            return false;
        }

        _cell = (byte*)_arena.Head(next);
        _at = _cell + CellArena.PayloadOffset;
        _end = _cell + CellArena.CellSize;
        return true;
    }
}
