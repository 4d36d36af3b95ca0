using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>Opens listening sockets. Each endpoint is opened separately, so that one that is in use does not stop the
/// others; it is tried again.</summary>
/// <param name="onTime">Called from time to time while an endpoint is missing.</param>
internal sealed class SocketOpener(GuardParts parts, SocketSet sockets, Action onTime)
{
    private const int RetryMs = 500;

    private readonly Dictionary<ListenEndPoint, GuardProblem> _unopened = [];
    private readonly LoopAction _again = new(onTime);

    /// <summary>Opens as many of the endpoints as possible.</summary>
    /// <returns>How many sockets were opened.</returns>
    public int Open(IEnumerable<ListenEndPoint> endPoints, int workers)
    {
        var opened = 0;
        foreach (var endPoint in endPoints)
        {
            try
            {
                opened += sockets.Open(endPoint, workers).Count;
                if (_unopened.Remove(endPoint))
                {
                    parts.Log.OpenedAtLast(endPoint.ToString());
                }
            }
            catch (SyscallException failure)
            {
                var problem = GuardProblem.NotOpened(failure.Message, Remedy(failure.Error));
                if (_unopened.GetValueOrDefault(endPoint) != problem)
                {
                    _unopened[endPoint] = problem;
                    parts.Metrics.Problem(problem);
                }
            }
        }
        if (_unopened.Count > 0 && !_again.IsArmed)
        {
            parts.Loop.Arm(_again, RetryMs);
        }
        return opened;
    }

    /// <summary>Forgets endpoints that are no longer wanted.</summary>
    public void Want(IReadOnlySet<ListenEndPoint> endPoints)
    {
        foreach (var endPoint in _unopened.Keys.Where(e => !endPoints.Contains(e)).ToList())
        {
            _unopened.Remove(endPoint);
        }
    }

    private static string Remedy(Errno error) => error switch
    {
        Errno.EADDRINUSE => "another program holds it without SO_REUSEPORT or under another uid: stop that one",
        Errno.EACCES => "give the container CAP_NET_BIND_SERVICE",
        Errno.EAFNOSUPPORT => "this kernel has no IPv6: take the address from --address",
        _ => "trying again",
    };
}
