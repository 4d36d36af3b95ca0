using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using NodeDns.Dns.Records;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Commands;

/// <summary>Prints the lookups that taps report, as text or as JSON lines. Several threads may write.</summary>
/// <remarks>
/// <code>
/// 15:04:05.123456 10.244.1.7:41234 udp A www.example.com. NOERROR upstream 10.96.0.10:53 3.214ms 3.341ms 61
/// time            client           over type name        rcode   from     its server      its time total  octets
/// </code>
/// </remarks>
/// <param name="most">How many lookups to print; 0 for all.</param>
/// <param name="greets">Also print a line when a tap is being read, for a program that waits for it.</param>
internal sealed class TraceWriter(TextWriter output, TextWriter errors, bool json, int most, bool greets = false)
{
    private readonly Lock _writing = new();
    private int _written;
    private bool _ended;

    /// <summary>The wanted number of lookups has been printed, or nobody wants more.</summary>
    public bool IsDone => Volatile.Read(ref _ended) || most > 0 && Volatile.Read(ref _written) >= most;

    /// <summary>At least one tap could be read.</summary>
    public bool HasRead { get; private set; }

    public void End() => Volatile.Write(ref _ended, true);

    /// <param name="tap">The tap that sent the frame, for messages.</param>
    public void Write(TapFrame frame, ReadOnlySpan<byte> payload, string tap)
    {
        lock (_writing)
        {
            switch (frame)
            {
                case TapFrame.Hello:
                    HasRead = true;
                    if (greets)
                    {
                        output.WriteLine("{\"reading\":true}");
                        output.Flush();
                    }

                    break;
                case TapFrame.Refused:
                    errors.WriteLine($"{tap}: {Encoding.UTF8.GetString(payload)}");
                    break;
                case TapFrame.Missed when payload.Length == sizeof(ulong):
                    Missed(BinaryPrimitives.ReadUInt64LittleEndian(payload), tap);
                    break;
                case TapFrame.Entry when !IsDone && TapEntry.TryRead(payload, out var entry):
                    output.WriteLine(json ? Json(entry) : Text(entry));
                    output.Flush();
                    _written++;
                    break;
                default:
                    // A frame of a later version.
                    break;
            }
        }
    }

    public void Complain(string problem)
    {
        lock (_writing)
        {
            errors.WriteLine(problem);
        }
    }

    private void Missed(ulong count, string tap)
    {
        if (json)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $$"""{"missed":{{count}}}"""));
        }
        else
        {
            errors.WriteLine($"{tap}: {count} lookups were not told: narrow it down, or take a --sample");
        }
    }

    private static string Text(in TapEntry entry)
    {
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture,
            $"{Time(entry):HH:mm:ss.ffffff} {entry.Client.ToIPEndPoint()} {Transport(entry)} ");
        line.Append(CultureInfo.InvariantCulture, $"{Type(entry)} {Name(entry)} {Rcode(entry)} {Source(entry)}");
        if (entry.Upstream.DurationNs > 0)
        {
            line.Append(CultureInfo.InvariantCulture,
                $" {entry.Upstream.Server.ToIPEndPoint()} {Milliseconds(entry.Upstream.DurationNs)}ms");
        }

        return line.Append(CultureInfo.InvariantCulture, $" {Milliseconds(entry.DurationNs)}ms {entry.ReplyLength}").ToString();
    }

    private static string Json(in TapEntry entry)
    {
        var client = entry.Client.ToIPEndPoint();
        var line = new StringBuilder("{");
        Append(line, "time", Time(entry).ToString("O", CultureInfo.InvariantCulture));
        Append(line, "client", client.Address.ToString());
        AppendNumber(line, "port", client.Port.ToString(CultureInfo.InvariantCulture));
        Append(line, "transport", Transport(entry));
        Append(line, "type", Type(entry));
        Append(line, "name", Name(entry));
        Append(line, "rcode", Rcode(entry));
        Append(line, "from", Source(entry));
        if (entry.Upstream.DurationNs > 0)
        {
            Append(line, "upstream", entry.Upstream.Server.ToIPEndPoint().ToString());
            AppendNumber(line, "upstreamMs", Milliseconds(entry.Upstream.DurationNs));
        }

        AppendNumber(line, "ms", Milliseconds(entry.DurationNs));
        AppendNumber(line, "size", entry.ReplyLength.ToString(CultureInfo.InvariantCulture));
        return line.Append('}').ToString();
    }

    /// <summary>Appends a member with a string. All text here is printable ASCII (a name's text escapes the rest), of which
    /// JSON escapes two characters.</summary>
    private static void Append(StringBuilder line, string key, string value) => AppendNumber(line, key, string.Concat(
        "\"",
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal),
        "\""));

    private static void AppendNumber(StringBuilder line, string key, string value) =>
        line.Append(line.Length > 1 ? ",\"" : "\"").Append(key).Append("\":").Append(value);

    private static DateTime Time(in TapEntry entry) => DateTime.UnixEpoch.AddTicks(entry.TimeNs / 100);

    private static string Transport(in TapEntry entry) => entry.IsTcp ? "tcp" : "udp";

    private static string Type(in TapEntry entry) => entry.Type == 0 ? "-" : Mnemonics.TypeName(entry.Type);

    private static string Name(in TapEntry entry) => entry.Name.IsEmpty ? "-" : DnsName.ToText(entry.Name);

    private static string Rcode(in TapEntry entry) => entry.ReplyLength == 0 || entry.Source == TapSource.Relay ? "-" : Mnemonics.RcodeName(entry.Rcode);

    private static string Source(in TapEntry entry) => entry.Source switch
    {
        TapSource.Server => "server",
        TapSource.Hit => "hit",
        TapSource.Denied => "denied",
        TapSource.Stale => "stale",
        TapSource.Upstream => "upstream",
        TapSource.Rule => "rule",
        TapSource.Relay => "relay",
        TapSource.Cut => "cut",
        _ => "-",
    };

    private static string Milliseconds(long nanoseconds) =>
        (nanoseconds / 1e6).ToString("0.000", CultureInfo.InvariantCulture);
}
