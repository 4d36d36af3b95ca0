namespace NodeDns.Linux.Interop;

/// <summary>A system call failed where the program cannot go on without it.</summary>
public sealed class SyscallException(string call, Errno error)
    : Exception($"{call}: {error.Describe()}")
{
    /// <summary>The call with its important arguments, as the reader of a log needs it: "bind 169.254.20.10:53/udp".</summary>
    public string Call { get; } = call;

    public Errno Error { get; } = error;
}
