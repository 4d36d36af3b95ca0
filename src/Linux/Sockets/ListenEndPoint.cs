using System.Net;

namespace NodeDns.Linux.Sockets;

/// <summary>UDP or TCP at one address and port: what a Corefile asks to serve.</summary>
public sealed record ListenEndPoint(ListenProtocol Protocol, IPEndPoint EndPoint)
{
    /// <summary>"udp 169.254.20.10:53", as logs and the hand-over protocol write it.</summary>
    public override string ToString() => $"{(Protocol == ListenProtocol.Udp ? "udp" : "tcp")} {EndPoint}";

    /// <summary>Parses the format of <see cref="ToString"/>.</summary>
    /// <returns>null when the text has another format.</returns>
    public static ListenEndPoint? Parse(string text)
    {
        var protocol = text switch
        {
            _ when text.StartsWith("udp ", StringComparison.Ordinal) => ListenProtocol.Udp,
            _ when text.StartsWith("tcp ", StringComparison.Ordinal) => ListenProtocol.Tcp,
            _ => (ListenProtocol?)null,
        };
        return protocol is { } known && IPEndPoint.TryParse(text.AsSpan(4), out var endPoint)
            ? new ListenEndPoint(known, endPoint)
            : null;
    }
}
