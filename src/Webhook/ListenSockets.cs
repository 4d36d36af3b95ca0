using System.Net;
using System.Net.Sockets;
using NodeDns.Addresses;
using NodeDns.Webhook.Endpoint;
using NodeDns.Webhook.Options;

namespace NodeDns.Webhook;

/// <summary>The sockets of both listeners. They are bound before anything else starts.</summary>
internal sealed class ListenSockets : IDisposable
{
    private ListenSockets(Socket admission, Socket metrics)
    {
        Admission = admission;
        Metrics = metrics;
    }

    public Socket Admission { get; }

    public Socket Metrics { get; }

    /// <exception cref="WebhookStartException">An address cannot be listened on.</exception>
    public static ListenSockets Bind(WebhookOptions options)
    {
        var admission = Bind("listen", options.Listen);
        try
        {
            return new ListenSockets(admission, Bind("metrics-listen", options.MetricsListen));
        }
        catch (WebhookStartException)
        {
            admission.Dispose();
            throw;
        }
    }

    /// <summary>Returns the socket for an address, because Kestrel asks by address.</summary>
    public Socket At(EndPoint address) => address.Equals(Admission.LocalEndPoint) ? Admission : Metrics;

    public void Dispose()
    {
        Admission.Dispose();
        Metrics.Dispose();
    }

    private static Socket Bind(string option, ListenAddress at) =>
        ListenSocket.TryBind(at.Address, at.Port, out var socket) is { } problem
            ? throw new WebhookStartException($"--{option}: \"{at}\": {problem}")
            : socket!;
}
