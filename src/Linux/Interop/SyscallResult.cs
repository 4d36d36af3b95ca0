namespace NodeDns.Linux.Interop;

/// <summary>What a system call returned: a count or descriptor when it succeeded, an <see cref="Interop.Errno"/> when not.</summary>
/// <remarks>Expected trouble (EAGAIN, ECONNREFUSED) is a value; throwing is the caller's choice.</remarks>
public readonly struct SyscallResult
{
    private readonly long _value;

    private SyscallResult(long value) => _value = value;

    /// <summary>The return value; negative when the call failed.</summary>
    public int Value => (int)_value;

    public bool IsError => _value < 0;

    /// <summary>The error, or <see cref="Errno.None"/>.</summary>
    public Errno Error => _value < 0 ? (Errno)(-_value) : Errno.None;

    /// <summary>EAGAIN: nothing to read, or no room to write, right now.</summary>
    public bool WouldBlock => Error == Errno.EAGAIN;

    /// <summary>The value of a call that follows the C convention of -1 and errno.</summary>
    public static SyscallResult From(long returned, int errno) => new(returned >= 0 ? returned : -errno);

    /// <summary>The value, or an exception that names the call; for start-up, where failing is final.</summary>
    /// <exception cref="SyscallException">The call failed.</exception>
    public int OrThrow(string call) => IsError ? throw new SyscallException(call, Error) : Value;
}
