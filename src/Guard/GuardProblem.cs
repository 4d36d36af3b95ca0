namespace NodeDns.Guard;

/// <summary>Labels of nodedns_guard_errors_total{reason}; every one is in docs/guard.md with its remedy.</summary>
internal static class GuardProblem
{
    public const string Port = "port";
    public const string Socket = "socket";
    public const string HandoverSocket = "handover_socket";
    public const string Handover = "handover";
    public const string Takeover = "takeover";
    public const string Capability = "capability";
    public const string Link = "link";
    public const string AddressElsewhere = "address_elsewhere";
    public const string Rules = "rules";
    public const string HostAccept = "host_accept";
    public const string Sysctl = "sysctl";
    public const string Leftovers = "leftovers";
    public const string Flip = "flip";
    public const string Spawn = "spawn";

    public static readonly string[] All =
    [
        Port, Socket, HandoverSocket, Handover, Takeover, Capability, Link, AddressElsewhere, Rules, HostAccept, Sysctl,
        Leftovers, Flip, Spawn,
    ];
}

/// <summary>A guard cannot start; the message names the thing and the remedy.</summary>
internal sealed class GuardStartException(string message) : Exception(message);
