using Microsoft.Win32.SafeHandles;
using NodeDns.Cache.Interop.Linux;

namespace NodeDns.Cache.Listen;

/// <summary>Open queries of all workers in an anonymous file (memfd_create(2)). A guard holds a descriptor of it: when the
/// cache dies with queries in hand, the guard still has them, and gets them answered elsewhere.</summary>
internal sealed unsafe class OpenQueryFile : IDisposable
{
    /// <summary>Of another process's file no more is read, whatever its size.</summary>
    private const int MaxParts = 256;

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
    public static List<OpenQuery> Read(SafeFileHandle file)
    {
        var found = new List<OpenQuery>();
        for (int part = 0; part < MaxParts; part++)
        {
            long start = (long)part * OpenQueries.Size;
            if (!OpenQueries.TryRead(
                (octets, offset, count) => RandomAccess.Read(file, octets.AsSpan(0, count), start + offset) == count, found))
                break;
        }
        return found;
    }

    public void Dispose()
    {
        Libc.UnmapPages(_memory, (nuint)_parts * OpenQueries.Size);
        Handle.Dispose();
    }
}
