using System.Buffers.Binary;
using System.Text;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>The EDNS options that rewrite sends upstream with a question. These are the client's options that rules name,
/// as the rules have changed them. The client's other options are hop by hop and are not sent, with or without
/// rewrite.</summary>
/// <remarks>Layout: code, length and data of each option, one after the other. Allocates nothing.</remarks>
internal ref struct SentOptions
{
    private const int Head = 4;

    private readonly Span<byte> _options;
    private readonly ReadOnlySpan<ushort> _codes;
    private readonly Span<bool> _changed;
    private int _length;

    /// <param name="room">A buffer of the size that <see cref="RewriteRules.RoomForOptions"/> returned.</param>
    /// <param name="codes">The option codes that rules name.</param>
    /// <param name="changed">One element for each code, all false.</param>
    public SentOptions(in PluginQuery query, Span<byte> room, ReadOnlySpan<ushort> codes, Span<bool> changed)
    {
        _options = room;
        _codes = codes;
        _changed = changed;
        var records = new RecordReader(query.Message, DnsHeader.Length + query.Name.Length + 4);
        while (records.MoveNext())
        {
            if (records.Type == Qtype.OPT)
            {
                Take(records.Rdata);
            }
        }
    }

    /// <returns>false when the rule does not apply, because it replaces an option that is not there.</returns>
    public bool Apply(RewriteEdns0Rule rule, in PluginQuery query)
    {
        var at = Find(rule.Code);
        if (rule.Action == Edns0Action.Replace && at < 0)
        {
            return false;
        }

        _changed[_codes.IndexOf(rule.Code)] = true;
        if (rule.Action == Edns0Action.Unset)
        {
            for (; at >= 0; at = Find(rule.Code))
            {
                Remove(at);
            }
            return true;
        }

        var behind = 0;
        if (at >= 0 && rule.Action != Edns0Action.Append)
        {
            // Keep the option's position: the options after it are moved behind the new one.
            Remove(at);
            behind = _length - at;
        }
        Span<byte> made = stackalloc byte[DnsName.MaxTextLength];
        var data = rule is { Kind: Edns0OptionKind.Local, Variable: Edns0Variable.None }
            ? rule.Data.AsSpan()
            : made[..Write(rule, query, made)];
        var start = _length - behind;
        _options[start.._length].CopyTo(_options[(start + Head + data.Length)..]);
        BinaryPrimitives.WriteUInt16BigEndian(_options[start..], rule.Code);
        BinaryPrimitives.WriteUInt16BigEndian(_options[(start + 2)..], (ushort)data.Length);
        data.CopyTo(_options[(start + Head)..]);
        _length += Head + data.Length;
        return true;
    }

    /// <summary>Keeps only the options that a rule has changed.</summary>
    /// <returns>Their total length.</returns>
    public int Finish()
    {
        for (var i = 0; i < _codes.Length; i++)
        {
            for (var at = _changed[i] ? -1 : Find(_codes[i]); at >= 0; at = Find(_codes[i]))
            {
                Remove(at);
            }
        }
        return _length;
    }

    /// <summary>How many octets a rule can add.</summary>
    public static int RoomFor(RewriteEdns0Rule rule) => Head + rule.Variable switch
    {
        Edns0Variable.Qname => DnsName.MaxTextLength,
        _ => Math.Max(rule.Data.Length, Head + 16),
    };

    private static int Write(RewriteEdns0Rule rule, in PluginQuery query, Span<byte> data)
    {
        switch (rule.Kind, rule.Variable)
        {
            case (Edns0OptionKind.Nsid, _):
                return 0;
            case (Edns0OptionKind.Subnet, _):
                return WriteSubnet(rule, query.ClientAddress, data);
            case (_, Edns0Variable.Qname):
                Span<char> name = stackalloc char[DnsName.MaxTextLength];
                name = name[..DnsName.WriteText(query.NameAsSent, name)];
                return Encoding.Latin1.GetBytes(name, data);
            case (_, Edns0Variable.Qtype):
                return Write((ushort)query.Type, data);
            case (_, Edns0Variable.ClientIp):
                return Write(query.ClientAddress, data);
            case (_, Edns0Variable.ClientPort):
                return Write(query.ClientPort, data);
            case (_, Edns0Variable.Protocol):
                return Write(query.IsTcp ? "tcp"u8 : "udp"u8, data);
            case (_, Edns0Variable.ServerIp):
                query.Server.Address.TryWriteBytes(data, out var length);
                return length;
            default:
                return Write((ushort)query.Server.Port, data);
        }
    }

    private static int Write(ushort value, Span<byte> data)
    {
        BinaryPrimitives.WriteUInt16BigEndian(data, value);
        return sizeof(ushort);
    }

    private static int Write(ReadOnlySpan<byte> octets, Span<byte> data)
    {
        octets.CopyTo(data);
        return octets.Length;
    }

    /// <summary>Writes family, source prefix length, scope 0, and only as many address octets as the prefix needs (RFC
    /// 7871 section 6).</summary>
    private static int WriteSubnet(RewriteEdns0Rule rule, ReadOnlySpan<byte> client, Span<byte> data)
    {
        var bits = client.Length == 4 ? rule.Ipv4Bits : rule.Ipv6Bits;
        var octets = (bits + 7) / 8;
        data[0] = 0;
        data[1] = (byte)(client.Length == 4 ? 1 : 2);
        data[2] = (byte)bits;
        data[3] = 0;
        client[..octets].CopyTo(data[Head..]);
        if (bits % 8 != 0)
        {
            data[Head + octets - 1] &= (byte)(0xFF << (8 - bits % 8));
        }

        return Head + octets;
    }

    /// <summary>Copies those of the client's options that rules name.</summary>
    private void Take(ReadOnlySpan<byte> options)
    {
        while (options.Length >= Head)
        {
            var length = Head + BinaryPrimitives.ReadUInt16BigEndian(options[2..]);
            if (length > options.Length)
            {
                return;
            }

            if (_codes.Contains(BinaryPrimitives.ReadUInt16BigEndian(options)))
            {
                options[..length].CopyTo(_options[_length..]);
                _length += length;
            }
            options = options[length..];
        }
    }

    /// <returns>The offset of the first option with this code; -1 when there is none.</returns>
    private readonly int Find(ushort code)
    {
        for (var at = 0; at < _length; at += LengthAt(at))
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(_options[at..]) == code)
            {
                return at;
            }
        }
        return -1;
    }

    private void Remove(int at)
    {
        var end = at + LengthAt(at);
        _options[end.._length].CopyTo(_options[at..]);
        _length -= end - at;
    }

    private readonly int LengthAt(int at) => Head + BinaryPrimitives.ReadUInt16BigEndian(_options[(at + 2)..]);
}
