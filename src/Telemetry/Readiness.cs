namespace NodeDns.Telemetry;

/// <summary>The list of what must be ready before the server is.</summary>
/// <remarks>A reload replaces the list; shutting down overrides it for good. Any thread may call.</remarks>
public sealed class Readiness
{
    private readonly Lock _gate = new();

    // Until there is a list, nothing is served: a guard may not have given the sockets yet.
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

    /// <summary>null when all is ready; otherwise the names of what is not, sorted and separated by commas.</summary>
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
/// <param name="Name">The directive's.</param>
/// <param name="IsReady">Any thread may call it.</param>
/// <param name="Continuously">False: what was ready once is never asked again (CoreDNS's default).</param>
public sealed record ReadyCheck(string Name, Func<bool> IsReady, bool Continuously);
