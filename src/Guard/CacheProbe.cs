using System.Net;
using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Guard;

/// <summary>Asks one name at every local address, as a pod would. Where that fails it asks cluster DNS too: the cache
/// is at fault only if cluster DNS answers.</summary>
internal sealed class CacheProbe(EventLoop loop, int dnsPort, IPEndPoint clusterDns, string name)
{
    private const int TimeoutMs = 1000;

    private int _open;
    private string? _verdict;
    private bool _isSilent;

    /// <summary>Asks once. Does nothing while an earlier probe is still waiting for its replies.</summary>
    /// <param name="onVerdict">Called on the loop. True when every address answered correctly. Otherwise false and what
    /// was wrong, or false and null when cluster DNS did not answer either, which proves nothing about the
    /// cache.</param>
    public void Ask(IReadOnlyCollection<IPAddress> addresses, Action<bool, string?> onVerdict)
    {
        if (_open > 0 || addresses.Count == 0)
        {
            return;
        }
        _open = addresses.Count;
        _verdict = null;
        _isSilent = false;
        foreach (var address in addresses)
        {
            var local = new IPEndPoint(address, dnsPort);
            Ask(local, here =>
            {
                if (here is null)
                {
                    Done(onVerdict);
                    return;
                }
                Ask(clusterDns, there =>
                {
                    _isSilent |= there is not null;
                    _verdict ??= there is null ? $"{name} from {local}: {here}, but cluster DNS answers it" : null;
                    Done(onVerdict);
                });
            });
        }
    }

    private void Done(Action<bool, string?> onVerdict)
    {
        if (--_open == 0)
        {
            onVerdict(_verdict is null && !_isSilent, _verdict);
        }
    }

    private void Ask(IPEndPoint server, Action<string?> onAnswer)
    {
        var question = new Question(loop, name, onAnswer);
        question.Send(server);
    }

    /// <summary>One query, sent as one datagram from a socket of its own, and the reply to it.</summary>
    private sealed class Question : IEventHandler
    {
        private readonly EventLoop _loop;
        private readonly ProbeQuery _query;
        private readonly Action<string?> _onAnswer;
        private readonly LoopAction _timeout;
        private int _fd = -1;
        private string _problem = "no answer";

        public Question(EventLoop loop, string name, Action<string?> onAnswer)
        {
            _loop = loop;
            _query = new ProbeQuery(name);
            _onAnswer = onAnswer;
            _timeout = new LoopAction(() => End(_problem));
        }

        public void Send(IPEndPoint server)
        {
            var address = SocketAddress.From(server);
            var family = address.Family == SocketAddress.FamilyIPv6 ? Libc.AF_INET6 : Libc.AF_INET;
            var made = Libc.Socket(family, Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
            if (made.IsError)
            {
                // Report the failure from a timer, so that the callback never runs inside this call.
                _problem = made.Error.Describe();
                _loop.Arm(_timeout, 0);
                return;
            }
            _fd = made.Value;
            _loop.Add(_fd, Libc.EPOLLIN, this);
            _loop.Arm(_timeout, TimeoutMs);
            var sent = Libc.Connect(_fd, address);
            sent = sent.IsError ? sent : Libc.Send(_fd, _query.Octets);
            if (sent.IsError)
            {
                _problem = sent.Error.Describe();
                _loop.Arm(_timeout, 0);
            }
        }

        public void OnEvents(uint events)
        {
            Span<byte> message = stackalloc byte[512];
            while (_fd >= 0)
            {
                var received = Libc.Receive(_fd, message);
                if (received.WouldBlock)
                {
                    return;
                }
                if (received.IsError)
                {
                    End(received.Error.Describe());
                }
                else if (_query.IsReply(message[..received.Value]))
                {
                    End(ProbeQuery.Problem(message));
                }
            }
        }

        private void End(string? problem)
        {
            _loop.Cancel(_timeout);
            if (_fd >= 0)
            {
                _loop.Remove(_fd);
                Libc.Close(_fd);
                _fd = -1;
            }
            _onAnswer(problem);
        }
    }
}
