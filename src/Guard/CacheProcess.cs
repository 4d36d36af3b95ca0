using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>The cache as a child process of the guard (--spawn).</summary>
internal sealed class CacheProcess : IEventHandler
{
    /// <summary>The hidden subcommand that gives up root and then runs serve.</summary>
    public const string DropPrivileges = "drop-privileges";

    private readonly EventLoop _loop;
    private readonly IReadOnlyList<string> _command;
    private readonly Action<int> _onEnded;
    private int _fd = -1;

    /// <param name="arguments">The arguments of serve.</param>
    /// <param name="onEnded">Receives the exit code, or 128 + the signal number.</param>
    public CacheProcess(EventLoop loop, IReadOnlyList<string> arguments, uint userId, Action<int> onEnded)
    {
        _loop = loop;
        _onEnded = onEnded;
        _command = Libc.EffectiveUserId == 0
            ? [.. Self, DropPrivileges, $"{userId}", "serve", .. arguments]
            : [.. Self, "serve", .. arguments];
    }

    /// <summary>The command that starts this program again: its own executable, or dotnet with its assembly.</summary>
    public static IReadOnlyList<string> Self
    {
        get
        {
            var program = Environment.ProcessPath ?? "/proc/self/exe";
            return Path.GetFileName(program) == "dotnet"
                ? [program, Path.GetFullPath(Environment.GetCommandLineArgs()[0])]
                : [program];
        }
    }

    public bool IsRunning => _fd >= 0;

    /// <summary>Starts the process.</summary>
    /// <exception cref="SyscallException">The process cannot be started.</exception>
    public void Start()
    {
        var processId = Libc.Spawn(_command).OrThrow($"start {string.Join(' ', _command)}");
        _fd = Libc.OpenProcess(processId).OrThrow($"pidfd_open {processId}");
        _loop.Add(_fd, Libc.EPOLLIN, this);
    }

    public void Signal(int signal)
    {
        if (IsRunning)
        {
            Libc.SignalProcess(_fd, signal);
        }
    }

    public void OnEvents(uint events)
    {
        var code = Libc.Reap(_fd);
        if (code.Error == Errno.ECHILD)
        {
            return;
        }
        _loop.Remove(_fd);
        Libc.Close(_fd);
        _fd = -1;
        _onEnded(code.Value);
    }
}
