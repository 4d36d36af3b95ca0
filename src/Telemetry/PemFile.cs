using System.Text;
using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry;

/// <summary>PEM where libssl can open it by a path: a file of the disk or, where there is none, a text in a file that is only
/// in memory and ends with this.</summary>
internal sealed class PemFile : IDisposable
{
    private readonly SafeFileHandle? _memory;

    /// <exception cref="SyscallException">No descriptor is left.</exception>
    public PemFile(string path, string text)
    {
        Path = path;
        if (path.Length > 0 || text.Length == 0)
        {
            return;
        }

        _memory = new SafeFileHandle(Libc.MemoryFile("pem").OrThrow("memfd_create"), ownsHandle: true);
        RandomAccess.Write(_memory, Encoding.ASCII.GetBytes(text), 0);
        Path = $"/proc/self/fd/{_memory.DangerousGetHandle()}";
    }

    /// <summary>"" where there is neither.</summary>
    public string Path { get; }

    public void Dispose() => _memory?.Dispose();
}
