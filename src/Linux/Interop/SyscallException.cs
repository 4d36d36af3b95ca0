namespace NodeDns.Linux.Interop;

/// <summary>A system call failed that the program cannot do without.</summary>
public sealed class SyscallException(string call, Errno error)
    : Exception($"{call}: {error.Describe()}")
{
    /// <summary>The call and its important arguments, as a log should show them: "bind 169.254.20.10:53/udp".</summary>
    public string Call { get; } = call;

    public Errno Error { get; } = error;
}
