namespace NodeDns.Cache.Upstream;

/// <summary>A permutation of up to 15 server indexes, four bits each in one word, so that choosing an order allocates
/// nothing.</summary>
internal readonly record struct ServerOrder
{
    private readonly ulong _nibbles;

    private ServerOrder(ulong nibbles) => _nibbles = nibbles;

    /// <summary>The index of the server at this place. Place 0 is asked first.</summary>
    public int this[int place] => (int)(_nibbles >> (place * 4) & 0xF);

    /// <summary>The order 0, 1, 2, …</summary>
    public static ServerOrder Sequential { get; } = new(0x0EDC_BA98_7654_3210);

    /// <summary>Starts with the server number <paramref name="turn"/> (modulo the count); the others follow in the
    /// order of the Corefile.</summary>
    public static ServerOrder RoundRobin(int count, uint turn)
    {
        var first = turn % (uint)count;
        ulong nibbles = first;
        var place = 1;
        for (uint server = 0; server < (uint)count; server++)
        {
            if (server != first)
            {
                nibbles |= (ulong)server << (place++ * 4);
            }
        }
        return new ServerOrder(nibbles);
    }

    /// <summary>A random permutation (Fisher-Yates shuffle). <paramref name="entropy"/> need not be secret, because ids
    /// and ports are.</summary>
    public static ServerOrder Random(int count, ulong entropy)
    {
        var nibbles = Sequential._nibbles;
        for (var last = count - 1; last > 0; last--)
        {
            var chosen = (int)(entropy % (uint)(last + 1));
            entropy /= (uint)(last + 1);
            var swap = (nibbles >> (chosen * 4) ^ nibbles >> (last * 4)) & 0xF;
            nibbles ^= swap << (chosen * 4) | swap << (last * 4);
        }
        return new ServerOrder(nibbles);
    }
}
