using NodeDns.Guard.Node;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>What keeps the guard from doing part of its work, in the words that its log and the other side of a socket are
/// told.</summary>
/// <param name="Reason">The label it is counted under (<see cref="ProblemReason"/>).</param>
internal readonly record struct GuardProblem(string Reason, string Message)
{
    public static GuardProblem PortInUse(IEnumerable<string> ports) => new(ProblemReason.Port, string.Join("; ", ports));

    public static GuardProblem NotOpened(string error, string remedy) => new(ProblemReason.Socket, $"{error}: {remedy}");

    public static GuardProblem SharersUnknown(string error) =>
        new(ProblemReason.Socket, $"who else holds the sockets cannot be told: {error}");

    public static GuardProblem HandoverPath(string error) => new(ProblemReason.HandoverSocket, $"--handover {error}");

    public static GuardProblem StrangeUser(uint userId, uint serveUserId) => new(
        ProblemReason.Handover, $"a process of uid {userId} wants the sockets: --serve-uid is {serveUserId}");

    public static GuardProblem NotAllowed(string program, ListenEndPoint endPoint) => new(ProblemReason.Handover,
        $"the cache ({program}) asks for {endPoint}: the guard gives sockets at --address and --intercept-cluster-dns only, at "
        + "--dns-port and --allow-port: name the port there, or take the block out of the Corefile");

    public static GuardProblem NothingToGive { get; } = new(
        ProblemReason.Handover, "nothing of what the Corefile asks for can be opened: see the guard's log");

    public static GuardProblem OffersTooMany(string program) =>
        new(ProblemReason.Handover, $"the cache ({program}) offers more than {Limits.Sockets} sockets");

    public static GuardProblem OtherVersions(string program, int newest) => new(ProblemReason.Handover,
        $"this guard speaks hand-over versions {HandoverVersion.Oldest} to {newest}, the cache ({program}) others: run guard "
        + "and cache from the same image");

    public static GuardProblem WentWhileGiven(string program) =>
        new(ProblemReason.Handover, $"the cache ({program}) went away while it was given the sockets");

    public static GuardProblem SuccessorWent { get; } =
        new(ProblemReason.Handover, "the next guard went away before its cache served");

    public static GuardProblem PredecessorWent { get; } =
        new(ProblemReason.Handover, "the old guard went away before it was relieved");

    public static GuardProblem TakeoverPath(string error) =>
        new(ProblemReason.Takeover, $"--takeover {error}; an upgrade will open new sockets");

    public static GuardProblem NoPredecessor(string path, string error) =>
        new(ProblemReason.Takeover, $"--takeover {path}: {error}: sockets are opened anew");

    public static GuardProblem PredecessorRefused(string reason) =>
        new(ProblemReason.Takeover, $"the old guard refused: {reason}");

    public static GuardProblem PredecessorSilent(int milliseconds) => new(ProblemReason.Takeover,
        $"the old guard has not handed its sockets over in {milliseconds} ms: sockets are opened beside its own");

    public static GuardProblem SuccessorOtherVersions(string program) =>
        new(ProblemReason.Takeover, $"a new guard ({program}) speaks other versions");

    public static GuardProblem NotStarted(string error) => new(ProblemReason.Spawn, error);

    /// <param name="exitCode">As a shell gives it: 128 and more for a signal.</param>
    public static GuardProblem CacheEnded(int exitCode) => new(ProblemReason.Spawn, exitCode > 128
        ? $"the cache was ended by signal {exitCode - 128}"
        : $"the cache ended with exit code {exitCode}");

    public static GuardProblem NoNotifications(string error) =>
        new(ProblemReason.Rules, $"no notifications, checking periodically only: {error}");

    public static GuardProblem NoKernelAnswers(string error) => new(ProblemReason.KernelAnswers,
        $"--kernel-answers: {error}: lookups use the sockets; it needs CAP_BPF, CAP_NET_ADMIN and Linux 5.12 or newer");

    /// <summary>A part of the node that could not be set up. The room Node says in what words.</summary>
    public static GuardProblem NotSetUp(NodePart part, NodeFailure failure, string error) => new(
        failure switch
        {
            NodeFailure.Capability => ProblemReason.Capability,
            NodeFailure.Lock => ProblemReason.RulesLock,
            _ => ProblemReason.Of(part),
        },
        error);
}
