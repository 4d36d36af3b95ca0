using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>What a Corefile needs besides its text. This is all the access that this room has to the outside.</summary>
public sealed record CorefileOptions
{
    /// <summary>--dns-port: the port of zones that name none.</summary>
    public int DnsPort { get; init; } = UpstreamAddress.DnsPort;

    /// <summary>Reads imported files and resolv.conf files.</summary>
    public ICorefileFiles Files { get; init; } = NoFiles.Instance;

    /// <summary>The value of an environment variable; null counts as empty.</summary>
    public Func<string, string?> Environment { get; init; } = static _ => null;

    /// <summary>Looks up an upstream's host name, asking the given servers, or those of /etc/resolv.conf if none are
    /// given. Returns nothing when there is no address. If null, host names are left out with a warning, as in
    /// `check`.</summary>
    public Func<string, ImmutableArray<IPEndPoint>, ImmutableArray<IPAddress>>? Lookup { get; init; }

    /// <summary>True when this machine has an interface of that name. If null, every valid name is accepted, as in
    /// `check`, which may run on another machine.</summary>
    public Func<string, bool>? HasInterface { get; init; }

    public PillarValues Pillars { get; init; } = new();
    public KubeDnsConfig KubeDns { get; init; } = KubeDnsConfig.Empty;
}

/// <summary>Reads files for the parser.</summary>
public interface ICorefileFiles
{
    /// <summary>The text of a file; null and the reason when it cannot be read.</summary>
    string? Read(string path, out string reason);

    /// <summary>The paths that match a pattern with wildcards in its last component, sorted; empty when there are
    /// none.</summary>
    IReadOnlyList<string> Glob(string pattern);
}

/// <summary>No files at all.</summary>
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
