using NodeDns.Cache.Upstream;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>One forward directive of a block.</summary>
/// <param name="Index">Its index among all forwards of the configuration, at which each worker keeps its
/// <see cref="IForwarder"/>.</param>
/// <param name="From">Lower-case zone.</param>
/// <param name="Except">Lower-case subzones that this forward does not take.</param>
internal sealed record ForwardModel(int Index, byte[] From, byte[][] Except, ForwardOptions Options)
{
    /// <summary>True when upstream is asked over the protocol that the client used.</summary>
    public bool FollowsClient => !Options.ForceTcp && !Options.PreferUdp;

    /// <summary>The servers as text, for log lines.</summary>
    public string To { get; } = string.Join(' ', Options.Servers.Select(server => server.To));

    public bool Takes(ReadOnlySpan<byte> name) => DnsName.IsWithin(name, From) && !CacheModel.IsWithinAny(name, Except);
}
