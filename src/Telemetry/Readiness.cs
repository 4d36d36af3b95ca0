namespace NodeDns.Telemetry;

/// <summary>The list of things that must be ready before the server is ready.</summary>
/// <remarks>A reload replaces the list. Shutting down makes the server not ready for good. Any thread may
/// call.</remarks>
public sealed class Readiness
{
    private readonly Lock _gate = new();

    // Without a list nothing is served yet: the guard may not have given the sockets.
    private List<ReadyCheck> _waiting = [new("bind", static () => false, Continuously: true)];
    private bool _shuttingDown;

    /// <summary>Replaces the list.</summary>
    public void Require(params IEnumerable<ReadyCheck> checks)
    {
        lock (_gate)
        {
            _waiting = [.. checks];
        }
    }

    public void ShutDown()
    {
        lock (_gate)
        {
            _shuttingDown = true;
        }
    }

    /// <summary>null when everything is ready; otherwise the names of what is not, sorted and separated by
    /// commas.</summary>
    public string? Missing()
    {
        lock (_gate)
        {
            if (_shuttingDown)
            {
                return "Shutting down";
            }

            _waiting.RemoveAll(check => !check.Continuously && check.IsReady());
            string[] missing =
                [.. _waiting.Where(check => !check.IsReady()).Select(check => check.Name).Distinct().Order()];
            return missing.Length == 0 ? null : string.Join(',', missing);
        }
    }
}

/// <summary>Something that must be ready.</summary>
/// <param name="Name">The name of the directive.</param>
/// <param name="IsReady">Any thread may call this.</param>
/// <param name="Continuously">If false, the check is not repeated once it has succeeded (CoreDNS's default).</param>
public sealed record ReadyCheck(string Name, Func<bool> IsReady, bool Continuously);
