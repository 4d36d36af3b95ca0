using NodeDns.Guard.Node;

namespace NodeDns.Guard;

/// <summary>Values of the label of nodedns_guard_errors_total{reason}. docs/guard.md lists each one with its
/// remedy.</summary>
internal static class ProblemReason
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
    public const string RulesLock = "rules_lock";
    public const string HostAccept = "host_accept";
    public const string Sysctl = "sysctl";
    public const string Leftovers = "leftovers";
    public const string Flip = "flip";
    public const string Spawn = "spawn";
    public const string KernelAnswers = "kernel_answers";

    public static readonly string[] All =
    [
        Port, Socket, HandoverSocket, Handover, Takeover, Capability, Link, AddressElsewhere, Rules, RulesLock,
        HostAccept, Sysctl, Leftovers, Flip, Spawn, KernelAnswers,
    ];

    /// <summary>The label for a part of the node's set-up.</summary>
    public static string Of(NodePart part) => part switch
    {
        NodePart.Link => Link,
        NodePart.AddressElsewhere => AddressElsewhere,
        NodePart.Rules => Rules,
        NodePart.HostAccept => HostAccept,
        NodePart.Leftovers => Leftovers,
        NodePart.Sysctl => Sysctl,
        _ => Flip,
    };

    /// <summary>The errortype under which node-cache counts this problem; null where it has none.</summary>
    public static string? SetupErrorOf(string reason) => reason switch
    {
        Rules or HostAccept => "iptables",
        RulesLock => "iptables_lock",
        Link or Capability => "interface_add",
        AddressElsewhere => "interface_check",
        _ => null,
    };
}
