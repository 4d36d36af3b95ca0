using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>What the text alone does not say. All of the room's access to the outside is in here.</summary>
public sealed record CorefileOptions
{
    /// <summary>--dns-port: for zones that name no port.</summary>
    public int DnsPort { get; init; } = UpstreamAddress.DnsPort;

    /// <summary>Imports, resolv.conf files.</summary>
    public ICorefileFiles Files { get; init; } = NoFiles.Instance;

    /// <summary>The value of an environment variable; null reads as nothing.</summary>
    public Func<string, string?> Environment { get; init; } = static _ => null;

    /// <summary>Looks up an upstream's host name, asking the given servers, or those of /etc/resolv.conf when there are
    /// none; empty when it has no address. Null: names are left out, with a warning, as `check` does.</summary>
    public Func<string, ImmutableArray<IPEndPoint>, ImmutableArray<IPAddress>>? Lookup { get; init; }

    /// <summary>Whether this machine has an interface of that name. Null: every name that could be one passes, as in
    /// `check`, which may run on another machine.</summary>
    public Func<string, bool>? HasInterface { get; init; }

    public PillarValues Pillars { get; init; } = new();
    public KubeDnsConfig KubeDns { get; init; } = KubeDnsConfig.Empty;
}

/// <summary>Reads files for the parser.</summary>
public interface ICorefileFiles
{
    /// <summary>The text of a file; null, with the reason, when it cannot be read.</summary>
    string? Read(string path, out string reason);

    /// <summary>Paths that match a pattern with wildcards in its last part, sorted; empty when none does.</summary>
    IReadOnlyList<string> Glob(string pattern);
}

/// <summary>A world without files.</summary>
internal sealed class NoFiles : ICorefileFiles
{
    public static readonly NoFiles Instance = new();

    public string? Read(string path, out string reason)
    {
        reason = "no such file";
        return null;
    }

    public IReadOnlyList<string> Glob(string pattern) => [];
}
