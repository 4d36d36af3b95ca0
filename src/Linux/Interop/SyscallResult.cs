namespace NodeDns.Linux.Interop;

/// <summary>The result of a system call: a count or descriptor on success, an <see cref="Interop.Errno"/> on
/// failure.</summary>
/// <remarks>Expected errors (EAGAIN, ECONNREFUSED) are values; the caller decides whether to throw.</remarks>
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

    /// <summary>Converts a result that follows the C convention: -1 and errno.</summary>
    public static SyscallResult From(long returned, int errno) => new(returned >= 0 ? returned : -errno);

    /// <summary>The value, or an exception that names the call. For start-up, where an error is final.</summary>
    /// <exception cref="SyscallException">The call failed.</exception>
    public int OrThrow(string call) => IsError ? throw new SyscallException(call, Error) : Value;
}
