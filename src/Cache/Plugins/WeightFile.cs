using Microsoft.Extensions.Logging;
using NodeDns.Corefile;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>The weight file of loadbalance weighted. It is read again when its text has changed; if it cannot be read
/// or parsed, the last weights stay in use.</summary>
internal sealed class WeightFile
{
    private readonly string _path;
    private readonly ILogger _log;

    // Poll replaces the whole table; all workers read it.
    private volatile WeightTable _weights = new([]);
    private string? _seen;
    private bool _unreadable;

    public WeightFile(string path, TimeSpan reload, ILogger log)
    {
        _path = path;
        _log = log;
        Period = reload;
        Poll();
    }

    public TimeSpan Period { get; }

    public WeightTable Weights => _weights;

    public void Poll()
    {
        string text;
        try
        {
            text = File.ReadAllText(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_unreadable)
            {
                _log.WeightFileUnusable(_path, e.Message);
            }

            _unreadable = true;
            return;
        }
        _unreadable = false;
        if (text == _seen)
        {
            return;
        }

        _seen = text;
        if (WeightText.Parse(text, out var problem) is not { } weights)
        {
            _log.WeightFileUnusable(_path, problem);
            return;
        }
        _weights = new WeightTable(weights);
        _log.WeightFileRead(_path);
    }
}
