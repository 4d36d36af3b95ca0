using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Sockets;

/// <summary>Open queries of all workers in an anonymous file (memfd_create(2)). A guard holds a descriptor of it: when the
/// cache dies with queries in hand, the guard still has them, and gets them answered elsewhere.</summary>
public sealed unsafe class OpenQueryFile : IDisposable
{
    private readonly int _parts;
    private readonly byte* _memory;

    /// <exception cref="SyscallException">No memory.</exception>
    public OpenQueryFile(int workers)
    {
        _parts = workers;
        Handle = new SafeFileHandle(Libc.MemoryFile("open queries").OrThrow("memfd_create"), ownsHandle: true);
        _memory = Libc.MapFile(Descriptor, (nuint)workers * OpenQueries.Size);
    }

    public int Descriptor => (int)Handle.DangerousGetHandle();

    private SafeFileHandle Handle { get; }

    /// <summary>A worker's own.</summary>
    public OpenQueries Part(int worker) => new(_memory + (nuint)worker * OpenQueries.Size);

    /// <summary>Reads another process's file, part for part until one is missing.</summary>
    /// <param name="workers">Parts at most, whatever the file's size.</param>
    public static IEnumerable<OpenQuery> Read(SafeFileHandle file, int workers)
    {
        for (var part = 0; part < workers; part++)
        {
            var start = (long)part * OpenQueries.Size;
            var found = new List<OpenQuery>();
            var isWhole = OpenQueries.TryRead(
                (octets, offset, count) => RandomAccess.Read(file, octets.AsSpan(0, count), start + offset) == count, found);
            foreach (var query in found)
            {
                yield return query;
            }

            if (!isWhole)
            {
                yield break;
            }
        }
    }

    public void Dispose()
    {
        Libc.UnmapPages(_memory, (nuint)_parts * OpenQueries.Size);
        Handle.Dispose();
    }
}
