using System.Globalization;

namespace NodeDns.Testing.Messages;

/// <summary>One resource record; its data is kept as the presentation text it was written in or decoded to.</summary>
/// <param name="Owner">Absolute name with its final dot.</param>
/// <param name="Data">The fields after the type, as in a zone file; unknown types as `\# length hex` (RFC 3597).</param>
public sealed record DnsRecord(string Owner, uint TtlSeconds, ushort Class, ushort Type, string Data)
{
    /// <summary>Reads a zone-file line: owner, TTL, optional class, type, data.</summary>
    public static DnsRecord Parse(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var hasClass = DnsTypes.IsClass(fields[2]) && fields.Length > 3;
        var type = hasClass ? 3 : 2;
        return new DnsRecord(
            fields[0],
            uint.Parse(fields[1], CultureInfo.InvariantCulture),
            hasClass ? DnsTypes.ClassOf(fields[2]) : (ushort)1,
            DnsTypes.TypeOf(fields[type]),
            string.Join(' ', fields[(type + 1)..]));
    }

    public override string ToString() =>
        $"{Owner} {TtlSeconds} {DnsTypes.ClassText(Class)} {DnsTypes.TypeText(Type)} {Data}".TrimEnd();
}
