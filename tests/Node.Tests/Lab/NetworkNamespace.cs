using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using NodeDns.Testing.Shell;

namespace NodeDns.Node.Tests.Lab;

/// <summary>A network namespace of the test's own, removed with everything in it.</summary>
public sealed partial class NetworkNamespace : IDisposable
{
    private const int CLONE_NEWNET = 0x40000000;
    private static int s_count;

    public NetworkNamespace(string role)
    {
        Name = $"ndt{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}-{role}";
        Sh($"ip netns add {Name}");
        Run("ip link set lo up");
    }

    public string Name { get; }

    /// <summary>Runs a shell line outside any namespace of ours.</summary>
    public static string Sh(string line)
    {
        var tool = Tool.Run("/bin/sh", "-c", line);
        return tool.ExitCode == 0 ? tool.Output
            : throw new InvalidOperationException($"{line}: {tool.Error}{tool.Output}");
    }

    /// <summary>Runs a shell line in the namespace.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public string Run(string line) => Sh($"ip netns exec {Name} sh -c '{line}'");

    /// <summary>Runs code on a thread of its own whose sockets belong to the namespace.</summary>
    public T Enter<T>(Func<T> work)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle($"/run/netns/{Name}");
                if (setns((int)handle.DangerousGetHandle(), CLONE_NEWNET) != 0)
                {
                    throw new InvalidOperationException($"setns {Name}: {Marshal.GetLastPInvokeErrorMessage()}");
                }
                result = work();
            }
            catch (Exception caught)
            {
                failure = ExceptionDispatchInfo.Capture(caught);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    public void Dispose() => Tool.Run("ip", "netns", "del", Name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);
}
