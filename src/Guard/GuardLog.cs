using System.Net;
using Microsoft.Extensions.Logging;

namespace NodeDns.Guard;

/// <summary>Every log message of the guard. Problems name what is wrong and the remedy; they are also counted
/// (<see cref="GuardMetrics.Problem"/>).</summary>
internal sealed partial class GuardLog(ILogger log)
{
    // States.

    [LoggerMessage(Level = LogLevel.Information, Message = "{opened} sockets opened, {taken} taken over")]
    public partial void Claimed(int opened, int taken);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "the sockets are held already: waiting {milliseconds} ms for their cache to offer them")]
    public partial void WaitingForOffer(int milliseconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{endPoint}: opened at last")]
    public partial void OpenedAtLast(string endPoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "leaving: {exitMode}")]
    public partial void Leaving(string exitMode);

    [LoggerMessage(Level = LogLevel.Information, Message = "waiting up to {seconds} s for the next guard's cache")]
    public partial void Lingering(double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{reason}: in order again")]
    public partial void InOrderAgain(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{problem}")]
    public partial void Problem(string problem);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{problem}")]
    public partial void CannotStart(string problem);

    // The relay.

    [LoggerMessage(Level = LogLevel.Information, Message = "relaying to {servers}")]
    public partial void Relaying(string servers);

    [LoggerMessage(Level = LogLevel.Information, Message = "relayed for {milliseconds} ms")]
    public partial void Relayed(long milliseconds);

    // Caches.

    [LoggerMessage(Level = LogLevel.Information, Message = "{count} sockets given to the cache ({program}, {workers} workers)")]
    public partial void SocketsGiven(int count, string program, int workers);

    [LoggerMessage(Level = LogLevel.Information, Message = "the cache ({program}) serves")]
    public partial void CacheServes(string program);

    [LoggerMessage(Level = LogLevel.Information, Message = "the cache ({program}) has finished what it had begun")]
    public partial void CacheDrained(string program);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the cache ({program}) is gone")]
    public partial void CacheGone(string program);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "the cache ({program}) has served on without a guard: {count} sockets taken from it")]
    public partial void CacheServedOn(string program, int count);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "the cache ({program}) had not answered {count} queries: relayed")]
    public partial void Rescued(string program, int count);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "the cache dies again and again: held back for {seconds} s, cluster DNS is relayed until then")]
    public partial void HeldBack(int seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the cache is hung, {verdict}: relaying")]
    public partial void CacheHung(string verdict);

    [LoggerMessage(Level = LogLevel.Information, Message = "the cache turns again")]
    public partial void CacheTurns();

    [LoggerMessage(Level = LogLevel.Information, Message = "{count} connections of the hung cache reset")]
    public partial void ConnectionsReset(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "connections of the hung cache stay: {problem}")]
    public partial void ConnectionsStay(string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "probe: {verdict}")]
    public partial void WrongAnswer(string verdict);

    [LoggerMessage(Level = LogLevel.Information, Message = "trying the cache again")]
    public partial void TryingAgain();

    // Other guards.

    [LoggerMessage(Level = LogLevel.Information, Message = "{count} sockets taken over from the old guard ({program})")]
    public partial void TakenOver(int count, string program);

    [LoggerMessage(Level = LogLevel.Information, Message = "the old guard is relieved")]
    public partial void PredecessorRelieved();

    [LoggerMessage(Level = LogLevel.Information, Message = "leaving the node to the old guard")]
    public partial void Returned();

    [LoggerMessage(Level = LogLevel.Information, Message = "{count} sockets given to the next guard ({program})")]
    public partial void GivenToSuccessor(int count, string program);

    [LoggerMessage(Level = LogLevel.Information, Message = "relieved by the next guard")]
    public partial void Relieved();

    [LoggerMessage(Level = LogLevel.Warning, Message = "the next guard is gone: guarding again")]
    public partial void SuccessorGone();

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{count} UDP sockets were left refusing by another guard: they receive again")]
    public partial void ReceiveAgain(int count);

    // The node.

    [LoggerMessage(Level = LogLevel.Information, Message = "the node is set up")]
    public partial void NodeSetUp();

    [LoggerMessage(Level = LogLevel.Information, Message = "{change}")]
    public partial void Changed(string change);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{reason}: looking after it took {milliseconds} ms: somebody holds the kernel's lock")]
    public partial void Slow(string reason, long milliseconds);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "{address} is no longer configured, and pods may still ask it: relayed to cluster DNS until nobody has "
            + "asked for {minutes} min")]
    public partial void AddressLeaves(IPAddress address, double minutes);

    [LoggerMessage(Level = LogLevel.Information, Message = "{address} is no longer intercepted: kube-proxy answers there")]
    public partial void InterceptionEnds(IPAddress address);

    [LoggerMessage(Level = LogLevel.Information, Message = "{address} is removed")]
    public partial void AddressRemoved(IPAddress address);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "sockets of another program are bound to our addresses: links and rules are left to it")]
    public partial void LeftToOthers();

    [LoggerMessage(Level = LogLevel.Information,
        Message = "{endPoint}: {count} sockets of another program share it; new lookups come here only")]
    public partial void Steered(string endPoint, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "{endPoint}: {count} sockets of another program share it")]
    public partial void Shared(string endPoint, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "hot names are answered in the kernel ({way})")]
    public partial void KernelAnswers(string way);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{link} carries somebody else's program and is left alone: its pod's lookups all use the sockets")]
    public partial void LeftAlone(string link);

    [LoggerMessage(Level = LogLevel.Error, Message = "--tap {socket}: {problem}; relayed lookups cannot be read")]
    public partial void TapNotOpened(string socket, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "{endPoint}: the other program is gone")]
    public partial void Alone(string endPoint);
}
