using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace NodeDns.Testing.Messages;

internal ref struct DnsDecoder(ReadOnlySpan<byte> wire)
{
    private readonly ReadOnlySpan<byte> _wire = wire;
    private int _at;

    public DnsMessage Decode()
    {
        var message = new DnsMessage { Id = Read16() };
        var flags = Read16();
        message.IsResponse = (flags & 0x8000) != 0;
        message.Opcode = flags >> 11 & 0xF;
        message.Aa = (flags & 0x400) != 0;
        message.Tc = (flags & 0x200) != 0;
        message.Rd = (flags & 0x100) != 0;
        message.Ra = (flags & 0x80) != 0;
        message.Ad = (flags & 0x20) != 0;
        message.Cd = (flags & 0x10) != 0;
        message.Rcode = flags & 0xF;
        int questions = Read16(), answers = Read16(), authorities = Read16(), additionals = Read16();
        for (var i = 0; i < questions; i++)
        {
            message.Question = new DnsQuestion(ReadName(), Read16(), Read16());
        }
        ReadSection(message.Answer, answers, message);
        ReadSection(message.Authority, authorities, message);
        ReadSection(message.Additional, additionals, message);
        return _at == _wire.Length ? message : throw Malformed($"{_wire.Length - _at} octets after the last record");
    }

    private void ReadSection(List<DnsRecord> section, int count, DnsMessage message)
    {
        for (var i = 0; i < count; i++)
        {
            var owner = ReadName();
            var type = Read16();
            var @class = Read16();
            var ttl = Read32();
            var length = Read16();
            var end = _at + length;
            if (end > _wire.Length)
            {
                throw Malformed($"record data of {length} octets ends after the message");
            }
            if (DnsTypes.TypeText(type) == "OPT")
            {
                message.Edns = new DnsEdns(@class, (ttl & 0x8000) != 0, (byte)(ttl >> 16), _wire[_at..end].ToArray());
                message.Rcode |= (int)(ttl >> 24) << 4;
                _at = end;
                continue;
            }
            section.Add(new DnsRecord(owner, ttl, @class, type, ReadData(type, end)));
            if (_at != end)
            {
                throw Malformed($"data of {owner} {DnsTypes.TypeText(type)} is not {length} octets long");
            }
        }
    }

    private string ReadData(ushort type, int end)
    {
        switch (DnsTypes.TypeText(type))
        {
            case "A" or "AAAA":
                return new IPAddress(Take(end - _at)).ToString();
            case "NS" or "CNAME" or "PTR" or "DNAME":
                return ReadName();
            case "MX":
                return $"{Read16()} {ReadName()}";
            case "SRV":
                return $"{Read16()} {Read16()} {Read16()} {ReadName()}";
            case "SOA":
                return $"{ReadName()} {ReadName()} {Read32()} {Read32()} {Read32()} {Read32()} {Read32()}";
            case "TXT" or "HINFO" or "SPF":
                var strings = new List<string>();
                while (_at < end)
                {
                    strings.Add($"\"{Encoding.ASCII.GetString(Take(Take(1)[0]))}\"");
                }
                return string.Join(' ', strings);
            default:
                return $"\\# {end - _at} {Convert.ToHexString(Take(end - _at))}";
        }
    }

    private string ReadName()
    {
        var name = new StringBuilder();
        var at = _at;
        var jumped = false;
        var limit = _wire.Length;
        while (true)
        {
            if (at >= limit)
            {
                throw Malformed("a name runs past its end or points forwards");
            }
            int length = _wire[at];
            if (length >= 0xC0)
            {
                var target = BinaryPrimitives.ReadUInt16BigEndian(_wire[at..]) & 0x3FFF;
                if (!jumped)
                {
                    _at = at + 2;
                }
                if (target >= at)
                {
                    throw Malformed($"compression pointer at {at} does not point backwards");
                }
                (jumped, limit, at) = (true, at, target);
                continue;
            }
            at++;
            if (length == 0)
            {
                _at = jumped ? _at : at;
                return name.Length == 0 ? "." : name.ToString();
            }
            name.Append(Encoding.Latin1.GetString(_wire.Slice(at, length))).Append('.');
            at += length;
        }
    }

    private ushort Read16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    private uint Read32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_at + count > _wire.Length)
        {
            throw Malformed($"{count} octets wanted, {_wire.Length - _at} left");
        }
        _at += count;
        return _wire.Slice(_at - count, count);
    }

    private readonly FormatException Malformed(string why) => new($"octet {_at} of {_wire.Length}: {why}");
}
