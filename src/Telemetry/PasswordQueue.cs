using NodeDns.Linux.Loop;

namespace NodeDns.Telemetry;

/// <summary>Looks at passwords one at a time, on a thread of its own, and rests after each wrong one: guesses take at most a
/// quarter of a core from the queries.</summary>
/// <remarks>All members belong to the loop's thread, but for <see cref="Dispose"/>. The timer is the rest.</remarks>
internal sealed class PasswordQueue(EventLoop loop) : LoopTimer, IDisposable
{
    private const long RestMinimumMs = 250;

    private readonly Queue<(Func<bool> IsWanted, Func<bool> Check, Action<bool> Then)> _waiting = new();
    private readonly SideThread _thread = new(loop, "passwords", waitsAtEnd: false);
    private bool _isBusy;

    /// <param name="isWanted">Whether anybody still waits for it; asked on the loop's thread.</param>
    /// <param name="check">Whether it is right, which takes 50 ms to seconds; called on the side thread.</param>
    /// <param name="then">Called on the loop's thread, before the rest.</param>
    public void Add(Func<bool> isWanted, Func<bool> check, Action<bool> then)
    {
        // So many clients may be there, and each waits for one: the rest have gone.
        for (var left = _waiting.Count < HttpEndpoint.MaxConnections ? 0 : _waiting.Count; left > 0; left--)
        {
            var waiting = _waiting.Dequeue();
            if (waiting.IsWanted())
            {
                _waiting.Enqueue(waiting);
            }
        }
        _waiting.Enqueue((isWanted, check, then));
        Next();
    }

    public override void OnTimer() => Next();

    /// <summary>Does not wait for the look that is being taken. The loop runs no longer.</summary>
    public void Dispose() => _thread.Dispose();

    private void Next()
    {
        while (!_isBusy && !IsArmed && _waiting.TryDequeue(out var next))
        {
            if (next.IsWanted())
            {
                Start(next.Check, next.Then);
            }
        }
    }

    private void Start(Func<bool> check, Action<bool> then)
    {
        var isRight = false;
        var startedMs = loop.NowMs;
        _isBusy = true;
        _thread.Run(() => isRight = check(), () =>
        {
            _isBusy = false;
            if (!isRight)
            {
                loop.Arm(this, Math.Max(RestMinimumMs, 3 * (loop.NowMs - startedMs)));
            }

            then(isRight);
            Next();
        });
    }
}
