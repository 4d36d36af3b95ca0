using NodeDns.Cache.Upstream;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>One forward directive of a block.</summary>
/// <param name="Index">Its place among all forwards of the model: where a worker keeps its <see cref="IForwarder"/>.
/// </param>
/// <param name="From">Lower-case zone.</param>
/// <param name="Except">Lower-case zones below it that are not asked there.</param>
internal sealed record ForwardModel(int Index, byte[] From, byte[][] Except, ForwardOptions Options)
{
    /// <summary>Whether the client's protocol decides how upstream is asked.</summary>
    public bool FollowsClient => !Options.ForceTcp && !Options.PreferUdp;

    /// <summary>The servers, for log lines.</summary>
    public string To { get; } = string.Join(' ', Options.Servers.Select(server => server.To));

    public bool Takes(ReadOnlySpan<byte> name) => DnsName.IsWithin(name, From) && !CacheModel.IsWithinAny(name, Except);
}
