using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace NodeDns.Testing.Messages;

internal sealed class DnsEncoder(bool compress)
{
    private const int MaxPointerTarget = 0x3FFF;

    private readonly MemoryStream _wire = new();
    private readonly Dictionary<string, int> _names = new(StringComparer.OrdinalIgnoreCase);

    public byte[] Encode(DnsMessage message)
    {
        Write16(message.Id);
        Write16((message.IsResponse ? 0x8000 : 0) | message.Opcode << 11 | (message.Aa ? 0x400 : 0)
            | (message.Tc ? 0x200 : 0) | (message.Rd ? 0x100 : 0) | (message.Ra ? 0x80 : 0) | (message.Ad ? 0x20 : 0)
            | (message.Cd ? 0x10 : 0) | message.Rcode & 0xF);
        Write16(message.Question is null ? 0 : 1);
        Write16(message.Answer.Count);
        Write16(message.Authority.Count);
        Write16(message.Additional.Count + (message.Edns is null ? 0 : 1));
        if (message.Question is { } question)
        {
            WriteName(question.Name, compress);
            Write16(question.Type);
            Write16(question.Class);
        }
        foreach (var record in message.Answer.Concat(message.Authority).Concat(message.Additional))
        {
            WriteRecord(record);
        }
        if (message.Edns is { } edns)
        {
            _wire.WriteByte(0);
            Write16(DnsTypes.TypeOf("OPT"));
            Write16(edns.UdpSize);
            Write32((uint)(message.Rcode >> 4) << 24 | (uint)edns.Version << 16 | (edns.Do ? 0x8000u : 0));
            Write16(edns.Options?.Length ?? 0);
            _wire.Write(edns.Options ?? []);
        }
        return _wire.ToArray();
    }

    private void WriteRecord(DnsRecord record)
    {
        WriteName(record.Owner, compress);
        Write16(record.Type);
        Write16(record.Class);
        Write32(record.TtlSeconds);
        var lengthAt = (int)_wire.Position;
        Write16(0);
        WriteData(record);
        var end = (int)_wire.Position;
        _wire.Position = lengthAt;
        Write16(end - lengthAt - 2);
        _wire.Position = end;
    }

    private void WriteData(DnsRecord record)
    {
        var fields = record.Data.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields is ["\\#", ..])
        {
            _wire.Write(Convert.FromHexString(string.Concat(fields[2..])));
            return;
        }
        switch (DnsTypes.TypeText(record.Type))
        {
            case "A" or "AAAA":
                _wire.Write(IPAddress.Parse(fields[0]).GetAddressBytes());
                break;
            case "NS" or "CNAME" or "PTR":
                WriteName(fields[0], compress);
                break;
            case "DNAME":
                WriteName(fields[0], false);
                break;
            case "MX":
                Write16(Number(fields[0]));
                WriteName(fields[1], compress);
                break;
            case "SRV":
                Write16(Number(fields[0]));
                Write16(Number(fields[1]));
                Write16(Number(fields[2]));
                WriteName(fields[3], false);
                break;
            case "SOA":
                WriteName(fields[0], compress);
                WriteName(fields[1], compress);
                foreach (var field in fields[2..7])
                {
                    Write32(uint.Parse(field, CultureInfo.InvariantCulture));
                }
                break;
            case "TXT" or "HINFO" or "SPF":
                foreach (var field in fields)
                {
                    var octets = Encoding.ASCII.GetBytes(field.Trim('"'));
                    _wire.WriteByte((byte)octets.Length);
                    _wire.Write(octets);
                }
                break;
            default:
                throw new FormatException($"write the data of '{record}' as \\# length hex (RFC 3597 section 5)");
        }
    }

    private void WriteName(string name, bool mayCompress)
    {
        var rest = name.TrimEnd('.');
        while (rest.Length > 0)
        {
            if (mayCompress && _names.TryGetValue(rest, out var seenAt))
            {
                Write16(0xC000 | seenAt);
                return;
            }
            if (_wire.Position <= MaxPointerTarget)
            {
                _names.TryAdd(rest, (int)_wire.Position);
            }
            var dot = rest.IndexOf('.', StringComparison.Ordinal);
            var label = Encoding.Latin1.GetBytes(dot < 0 ? rest : rest[..dot]);
            _wire.WriteByte((byte)label.Length);
            _wire.Write(label);
            rest = dot < 0 ? "" : rest[(dot + 1)..];
        }
        _wire.WriteByte(0);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private void Write16(int value)
    {
        Span<byte> octets = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(octets, (ushort)value);
        _wire.Write(octets);
    }

    private void Write32(uint value)
    {
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, value);
        _wire.Write(octets);
    }
}
