using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeDns.Corefile;
using NodeDns.Dns.Records;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>log: writes one line for each query. The first rule whose zone includes the name applies, if the reply
/// belongs to a class that the rule names.</summary>
/// <remarks>A block without the directive has no such object and pays nothing. The worker formats the line;
/// <see cref="LogOutput"/>'s thread writes it.</remarks>
internal sealed class QueryLog
{
    private readonly (byte[] Zone, LogClasses Classes, (LogField Field, string Text)[] Format)[] _rules;
    private readonly LogOutput _output;

    public QueryLog(LogConfig config, LogOutput output)
    {
        _rules =
        [
            .. config.Rules.Select(rule =>
                (DnsName.ParseLower(rule.Zone), rule.Classes, LogFormat.Parse(rule.Format))),
        ];
        _output = output;
    }

    /// <summary>Logs a query that was answered or dropped.</summary>
    /// <param name="reply">The reply as sent; empty when there was none.</param>
    public void Write(in PluginQuery query, ReadOnlySpan<byte> reply, TimeSpan duration)
    {
        foreach ((var zone, var classes, (LogField, string)[] format) in _rules)
        {
            if (!DnsName.IsWithin(query.Name, zone))
            {
                continue;
            }

            if ((classes & ClassOf(reply)) != 0)
            {
                _output.Write(Line(format, query, reply, duration));
            }

            return;
        }
    }

    /// <summary>Classifies a reply as CoreDNS does. Success: records in the answer section, or a delegation. Denial:
    /// NXDOMAIN or NODATA. Error: everything else, including zone transfers and an NXDOMAIN with answers.</summary>
    internal static LogClasses ClassOf(ReadOnlySpan<byte> reply)
    {
        if (reply.Length < DnsHeader.Length || !QuestionReader.TryRead(reply, out var question)
            || question.Type is Qtype.AXFR or Qtype.IXFR
            || DnsHeader.Opcode(DnsHeader.Flags(reply)) is Opcode.Notify or Opcode.Update)
        {
            return LogClasses.Error;
        }

        var rcode = DnsHeader.Rcode(reply);
        var hasAnswer = DnsHeader.AnCount(reply) > 0;
        if (rcode == Rcode.NXDomain)
        {
            return hasAnswer ? LogClasses.Error : LogClasses.Denial;
        }

        if (rcode != Rcode.NoError)
        {
            return LogClasses.Error;
        }

        if (hasAnswer)
        {
            return LogClasses.Success;
        }

        var records = new RecordReader(reply, question.End);
        while (records.MoveNext())
        {
            if (records is { Section: Section.Authority, Type: Qtype.SOA })
            {
                return LogClasses.Denial;
            }
        }
        return LogClasses.Success;
    }

    private static string Line(
        (LogField Field, string Text)[] format, in PluginQuery query, ReadOnlySpan<byte> reply, TimeSpan duration)
    {
        var line = new StringBuilder("[INFO] ", 192);
        foreach ((var field, var text) in format)
        {
            Append(line, field, text, query, reply, duration);
        }

        return line.Append('\n').ToString();
    }

    private static void Append(
        StringBuilder line,
        LogField field,
        string text,
        in PluginQuery query,
        ReadOnlySpan<byte> reply,
        TimeSpan duration)
    {
        IFormatProvider plain = CultureInfo.InvariantCulture;
        _ = field switch
        {
            LogField.Literal => line.Append(text),
            LogField.Type => line.Append(Mnemonics.TypeName((ushort)query.Type)),
            LogField.Class => line.Append(Mnemonics.ClassName((ushort)query.Class)),
            LogField.Name => line.Append(DnsName.ToText(query.Name)),
            LogField.Proto => line.Append(query.IsTcp ? "tcp" : "udp"),
            LogField.Remote => AppendAddress(line, new IPAddress(query.ClientAddress)),
            LogField.Local => AppendAddress(line, query.Server.Address),
            LogField.Port => line.Append(plain, $"{query.ClientPort}"),
            LogField.Size => line.Append(plain, $"{query.Message.Length}"),
            LogField.Id => line.Append(plain, $"{DnsHeader.Id(query.Message)}"),
            LogField.Opcode => line.Append(plain, $"{(int)DnsHeader.Opcode(DnsHeader.Flags(query.Message))}"),
            LogField.Do => line.Append(query.DnssecOk ? "true" : "false"),
            LogField.Bufsize => line.Append(plain, $"{BufferSize(query)}"),
            LogField.Rcode => line.Append(reply.IsEmpty ? "-" : RcodeText(reply)),
            LogField.ReplySize => line.Append(plain, $"{reply.Length}"),
            LogField.ReplyFlags => reply.IsEmpty ? line.Append('-') : AppendFlags(line, DnsHeader.Flags(reply)),
            LogField.Duration => line.Append(plain, $"{duration.TotalSeconds:0.#########}s"),
            _ => line.Append('-'),
        };
    }

    private static int BufferSize(in PluginQuery query)
    {
        if (query.IsTcp)
        {
            return ushort.MaxValue;
        }

        return QueryEdns.TryRead(query.Message, DnsHeader.Length + query.Name.Length + 4, out var edns)
            && edns.IsPresent
            ? Math.Max(edns.UdpSize, (ushort)512)
            : 512;
    }

    private static string RcodeText(ReadOnlySpan<byte> reply) =>
        Telemetry.MetricLabels.Rcode.Values[(int)DnsHeader.Rcode(reply)];

    private static StringBuilder AppendAddress(StringBuilder line, IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6
            ? line.Append('[').Append(address).Append(']')
            : line.Append(address);

    private static StringBuilder AppendFlags(StringBuilder line, ushort flags)
    {
        ReadOnlySpan<(ushort Bit, string Name)> names =
        [
            (DnsHeader.QR, "qr"), (DnsHeader.AA, "aa"), (DnsHeader.TC, "tc"), (DnsHeader.RD, "rd"),
            (DnsHeader.RA, "ra"), (DnsHeader.Z, "z"), (DnsHeader.AD, "ad"), (DnsHeader.CD, "cd"),
        ];
        var separator = "";
        foreach ((var bit, var name) in names)
        {
            if ((flags & bit) == 0)
            {
                continue;
            }

            line.Append(separator).Append(name);
            separator = ",";
        }
        return line;
    }
}
