using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Sockets;

/// <summary>The open queries of all workers, in an anonymous file (memfd_create(2)). The guard also holds a descriptor
/// of the file: when the cache dies, the guard reads the unanswered queries from it and relays them.</summary>
public sealed unsafe class OpenQueryFile : IDisposable
{
    private readonly int _parts;
    // SAFETY: a mapping of _parts * OpenQueries.Size octets, until Dispose.
    private readonly byte* _memory;

    /// <exception cref="SyscallException">There is not enough memory.</exception>
    public OpenQueryFile(int workers)
    {
        _parts = workers;
        Handle = new SafeFileHandle(Libc.MemoryFile("open queries").OrThrow("memfd_create"), ownsHandle: true);
        _memory = Libc.MapFile(Descriptor, (nuint)workers * OpenQueries.Size);
    }

    public int Descriptor => (int)Handle.DangerousGetHandle();

    private SafeFileHandle Handle { get; }

    /// <summary>The part of one worker.</summary>
    public OpenQueries Part(int worker) => new(_memory + (nuint)worker * OpenQueries.Size);

    /// <summary>Reads another process's file, part by part, until one is missing.</summary>
    /// <param name="workers">The most parts to read, whatever the file's size.</param>
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
