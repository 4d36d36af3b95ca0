using System.Text;

namespace NodeDns.Cache.Plugins;

/// <summary>Writes query lines. They are collected in memory and written by a separate thread, so that a slow reader of
/// standard output delays no query. The thread starts with the first line.</summary>
/// <remarks>When the reader is behind by <see cref="MaxPendingBytes"/>, further lines are dropped. Their number is
/// written once it reads again.</remarks>
internal sealed class LogOutput : IDisposable
{
    /// <summary>About 8,000 lines.</summary>
    public const int MaxPendingBytes = 1 << 20;

    private readonly Stream _output;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private MemoryStream _pending = new();
    private MemoryStream _writing = new();
    private long _dropped;
    private bool _closed;
    private bool _started;

    /// <param name="output">Where to write instead of standard output.</param>
    public LogOutput(Stream? output = null)
    {
        _output = output ?? Console.OpenStandardOutput();
        _thread = new Thread(Run, 128 * 1024) { Name = "log", IsBackground = true };
    }

    /// <summary>Any thread may call this.</summary>
    public void Write(string line)
    {
        var octets = Encoding.UTF8.GetBytes(line);
        lock (_gate)
        {
            if (_pending.Length + octets.Length > MaxPendingBytes)
            {
                _dropped++;
                return;
            }
            _pending.Write(octets);
            if (!_started)
            {
                _thread.Start();
            }

            _started = true;
        }
        _wake.Set();
    }

    /// <summary>Writes what is pending, then ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            if (!_started)
            {
                return;
            }
        }
        _wake.Set();
        _thread.Join(TimeSpan.FromSeconds(2));
    }

    private void Run()
    {
        while (true)
        {
            _wake.WaitOne();
            bool last;
            lock (_gate)
            {
                last = _closed;
                (_pending, _writing) = (_writing, _pending);
                if (_dropped > 0)
                {
                    _writing.Write(Encoding.UTF8.GetBytes(
                        $"[WARNING] plugin/log: {_dropped} lines dropped: standard output is read too slowly\n"));
                }

                _dropped = 0;
            }
            try
            {
                _output.Write(_writing.GetBuffer().AsSpan(0, (int)_writing.Length));
                _output.Flush();
            }
            catch (IOException)
            {
                // The reader has gone. Going on to answer queries is more important.
            }
            _writing.SetLength(0);
            if (last)
            {
                return;
            }
        }
    }
}
