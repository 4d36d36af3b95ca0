namespace NodeDns.Cache.Telemetry;

/// <summary>The list of what must be ready before the server is.</summary>
/// <remarks>A reload replaces the list; shutting down overrides it for good. Any thread may call.</remarks>
public sealed class Readiness
{
    private readonly Lock _gate = new();
    private List<Check> _checks = [];
    private bool _shuttingDown;

    private sealed class Check(string name, Func<bool> isReady, bool continuously)
    {
        private bool _was;

        public string Name => name;

        public bool IsReady_NeedsLock()
        {
            if (_was && !continuously)
                return true;
            return _was = isReady();
        }
    }

    /// <summary>Replaces the list.</summary>
    /// <param name="continuously">True asks each time; false never asks again what was ready once (CoreDNS's
    /// default).</param>
    public void Require(bool continuously, params IEnumerable<(string Name, Func<bool> IsReady)> checks)
    {
        lock (_gate)
            _checks = [.. checks.Select(c => new Check(c.Name, c.IsReady, continuously))];
    }

    public void ShutDown()
    {
        lock (_gate)
            _shuttingDown = true;
    }

    /// <summary>null when all is ready; otherwise the names of what is not, sorted and separated by commas.</summary>
    public string? Missing()
    {
        lock (_gate)
        {
            if (_shuttingDown)
                return "Shutting down";
            string[] missing = [.. _checks.Where(c => !c.IsReady_NeedsLock()).Select(c => c.Name).Distinct().Order()];
            return missing.Length == 0 ? null : string.Join(',', missing);
        }
    }
}
