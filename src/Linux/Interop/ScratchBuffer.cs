namespace NodeDns.Linux.Interop;

/// <summary>Buffers with room for the largest message, of which most messages fill a few hundred octets.</summary>
public static class ScratchBuffer
{
    /// <summary>Only the pages that are written to use memory: the collector neither clears nor moves this buffer. It
    /// begins with arbitrary content.</summary>
    public static byte[] Allocate(int octets) => GC.AllocateUninitializedArray<byte>(octets, pinned: true);
}
