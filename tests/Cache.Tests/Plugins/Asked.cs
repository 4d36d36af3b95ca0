using System.Buffers;
using System.Net;
using System.Text;
using NodeDns.Cache.Plugins;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;
using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Tests.Plugins;

/// <summary>A question as a plugin sees it, and what came of it.</summary>
internal sealed class Asked
{
    private readonly byte[] _message;
    private readonly byte[] _lower;
    private readonly byte[] _zone;
    private readonly byte[] _client;

    public Asked(string name, string type, string client = "10.0.0.7", string zone = ".", DnsMessage? query = null)
    {
        query ??= DnsMessage.Query(name, type, id: 4711);
        _message = query.ToBytes();
        QuestionReader.TryRead(_message, out var question);
        _lower = new byte[question.Name.Length];
        DnsName.ToLower(question.Name, _lower);
        _zone = DnsName.ParseLower(zone);
        _client = IPAddress.Parse(client).GetAddressBytes();
    }

    public static readonly IPEndPoint Server = new(IPAddress.Parse("169.254.20.10"), 53);

    public bool IsTcp { get; init; }

    public PluginQuery Query
    {
        get
        {
            QuestionReader.TryRead(_message, out var question);
            return new PluginQuery
            {
                Message = _message,
                Name = _lower,
                Type = question.Type,
                Class = question.Class,
                Zone = _zone,
                ClientAddress = _client,
                ClientPort = 40000,
                IsTcp = IsTcp,
                DnssecOk = false,
                Server = Server,
            };
        }
    }

    /// <summary>The reply, or null when the plugin let the query go on; a dropped query throws.</summary>
    public DnsMessage? Of(IQueryPlugin plugin)
    {
        var buffer = new byte[4096];
        var reply = new ReplyWriter(buffer, _message, DnsHeader.Length + _lower.Length + 4);
        return plugin.Handle(Query, ref reply) switch
        {
            PluginVerdict.Next => null,
            PluginVerdict.Drop => throw new DroppedException(),
            _ => DnsMessage.Parse(reply.Written),
        };
    }

    public static string Scrape(MetricRegistry registry)
    {
        var buffer = new ArrayBufferWriter<byte>();
        registry.Write(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The reply's sections as zone-file lines, each after the first letter of its section.</summary>
    public static string[] Lines(DnsMessage message) =>
    [
        .. message.Answer.Select(record => $"an {record}"),
        .. message.Authority.Select(record => $"ns {record}"),
        .. message.Additional.Select(record => $"ar {record}"),
    ];
}

internal sealed class DroppedException : Exception;
