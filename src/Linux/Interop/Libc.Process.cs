using System.Runtime.InteropServices;
using System.Text;

namespace NodeDns.Linux.Interop;

/// <summary>Processes, their credentials and capabilities: posix_spawn(3), pidfd_open(2), waitid(2),
/// prctl(2).</summary>
public static unsafe partial class Libc
{
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;

    public const int PR_CAPBSET_READ = 23;
    public const int PR_CAPBSET_DROP = 24;
    public const int PR_SET_NO_NEW_PRIVS = 38;
    public const int PR_GET_NO_NEW_PRIVS = 39;

    private const int P_PIDFD = 3;
    private const int WNOHANG = 1;
    private const int WEXITED = 4;

    // System calls added since 2019 have the same number on x86-64 and arm64 (asm-generic); the three older ones
    // differ.
    private const nint SYS_pidfd_send_signal = 424;
    private const nint SYS_pidfd_open = 434;

    private static bool IsX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private static nint SYS_setresuid => IsX64 ? 117 : 147;

    private static nint SYS_setresgid => IsX64 ? 119 : 149;

    private static nint SYS_setgroups => IsX64 ? 116 : 159;

    /// <summary>chmod(2).</summary>
    public static SyscallResult ChangeMode(string path, uint mode) => Result(chmod(path, mode));

    /// <summary>geteuid(2).</summary>
    public static uint EffectiveUserId => geteuid();

    /// <summary>kill(2).</summary>
    public static SyscallResult Kill(int processId, int signal) => Result(kill(processId, signal));

    /// <summary>pidfd_open(2): a descriptor that becomes readable when the process ends.</summary>
    public static SyscallResult OpenProcess(int processId) => Result(syscall3(SYS_pidfd_open, processId, 0, 0));

    /// <summary>pidfd_send_signal(2): cannot reach another process that has got the same process id.</summary>
    public static SyscallResult SignalProcess(int processFd, int signal) =>
        Result(syscall4(SYS_pidfd_send_signal, processFd, signal, 0, 0));

    /// <summary>Collects a child that has ended (waitid(2)).</summary>
    /// <returns>The exit code, or 128 + the number of the signal that ended it; ECHILD while it is running.</returns>
    public static SyscallResult Reap(int processFd)
    {
        const int sizeOfSiginfo = 128;
        const int codeOffset = 8;
        const int statusOffset = 24;
        const int exited = 1;
        var information = stackalloc byte[sizeOfSiginfo];
        new Span<byte>(information, sizeOfSiginfo).Clear();
        // SAFETY: the kernel writes at most sizeof(siginfo_t) = 128 octets.
        var result = Result(waitid(P_PIDFD, (uint)processFd, information, WEXITED | WNOHANG));
        if (result.IsError || *(int*)information == 0)
        {
            return result.IsError ? result : SyscallResult.From(-1, (int)Errno.ECHILD);
        }
        var status = *(int*)(information + statusOffset);
        return SyscallResult.From(*(int*)(information + codeOffset) == exited ? status : 128 + status, 0);
    }

    /// <summary>Starts a program with this process's environment (posix_spawn(3)). The child does not inherit
    /// close-on-exec descriptors.</summary>
    /// <returns>The process id.</returns>
    public static SyscallResult Spawn(IReadOnlyList<string> arguments)
    {
        using var argv = new NativeStrings(arguments);
        using var envp = new NativeStrings(EnvironmentStrings());
        int processId;
        // SAFETY: the strings live until posix_spawn returns; the child has its own copy from exec.
        var error = posix_spawnp(&processId, argv.Pointers[0], null, null, argv.Pointers, envp.Pointers);
        return SyscallResult.From(error == 0 ? processId : -1, error);
    }

    /// <summary>Drops all privileges of the calling thread, then runs another program: sets uid and gid, removes
    /// groups, capabilities and bounding set, and sets no_new_privs.</summary>
    /// <returns>Only on an error.</returns>
    public static SyscallResult ExecuteUnprivileged(uint userId, IReadOnlyList<string> arguments)
    {
        using var argv = new NativeStrings(arguments);
        using var envp = new NativeStrings(EnvironmentStrings());
        for (var capability = 0; prctl(PR_CAPBSET_READ, (nuint)capability, 0, 0, 0) >= 0; capability++)
        {
            // Without CAP_SETPCAP the bounding set cannot be reduced, but with no_new_privs it has no effect.
            _ = prctl(PR_CAPBSET_DROP, (nuint)capability, 0, 0, 0);
        }
        // The raw system calls change this thread only; glibc's functions would change all threads. exec ends the other
        // threads.
        var result = Result(syscall3(SYS_setgroups, 0, 0, 0));
        result = result.IsError ? result : Result(syscall3(SYS_setresgid, (nint)userId, (nint)userId, (nint)userId));
        result = result.IsError ? result : Result(syscall3(SYS_setresuid, (nint)userId, (nint)userId, (nint)userId));
        result = result.IsError ? result : Result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        // SAFETY: execve reads the strings and does not return when it succeeds.
        return result.IsError ? result : Result(execve(argv.Pointers[0], argv.Pointers, envp.Pointers));
    }

    private static List<string> EnvironmentStrings() =>
        [.. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(e =>
            $"{e.Key}={e.Value}")];

    /// <summary>A NULL-terminated array of NUL-terminated UTF-8 strings outside the collected heap.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly int _count;

        public NativeStrings(IReadOnlyList<string> strings)
        {
            _count = strings.Count;
            Pointers = (byte**)NativeMemory.AllocZeroed((nuint)_count + 1, (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++)
            {
                var octets = Encoding.UTF8.GetByteCount(strings[i]);
                Pointers[i] = (byte*)NativeMemory.AllocZeroed((nuint)octets + 1);
                Encoding.UTF8.GetBytes(strings[i], new Span<byte>(Pointers[i], octets));
            }
        }

        public byte** Pointers { get; }

        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
            {
                NativeMemory.Free(Pointers[i]);
            }
            NativeMemory.Free(Pointers);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chmod(string path, uint mode);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial int kill(int processId, int signal);

    [LibraryImport("libc")]
    private static partial int waitid(int type, uint id, void* information, int options);

    [LibraryImport("libc")]
    private static partial int posix_spawnp(
        int* processId, byte* file, void* actions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int execve(byte* path, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint syscall3(nint number, nint a, nint b, nint c);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint syscall4(nint number, nint a, nint b, nint c, nint d);
}
