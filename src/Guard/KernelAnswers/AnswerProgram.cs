using System.Buffers.Binary;
using System.Net;
using NodeDns.Linux.Interop;
using NodeDns.Linux.KernelAnswers;

namespace NodeDns.Guard.KernelAnswers;

/// <summary>The loaded program (answers.bpf.c) and its maps.</summary>
/// <remarks>The maps that decide whom it answers are the guard's alone. Each cache writes a map of its own, so that no cache
/// meets what another has left, and taking a map out of the program ends all its entries at once.</remarks>
internal sealed unsafe class AnswerProgram : IDisposable
{
    private const int AddressSize = 16;
    private const int ServerKeySize = AddressSize + sizeof(uint);
    private const int MaxServers = 64;
    private const int ScratchSize = AnswerSlots.MaxName + AnswerSlots.MaxRecords;
    private const int PageSize = 4096;

    private readonly List<int> _descriptors = [];
    private readonly int _slots;

    // SAFETY: one page, of which the first four octets are the map's one value, until Dispose.
    private readonly uint* _active;

    /// <summary>Loads the program. This verifies it, which takes up to half a second.</summary>
    /// <param name="servers">The addresses at which it answers, numbered from 0 in this order.</param>
    /// <exception cref="SyscallException">The kernel refuses a map or the program.</exception>
    public AnswerProgram(IReadOnlyList<IPEndPoint> servers)
    {
        try
        {
            var active = Keep(Libc.CreateBpfMap(
                Libc.BPF_MAP_TYPE_ARRAY, sizeof(uint), sizeof(uint), 1, "nodedns_active"u8, Libc.BPF_F_MMAPABLE));
            var numbers = Keep(Libc.CreateBpfMap(
                Libc.BPF_MAP_TYPE_HASH, ServerKeySize, sizeof(uint), MaxServers, "nodedns_servers"u8));
            var scratches = Keep(Libc.CreateBpfMap(
                Libc.BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint), ScratchSize, 1, "nodedns_scratch"u8));
            var like = CreateSlots();
            _slots = Keep(Libc.CreateBpfMap(
                Libc.BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(uint), sizeof(uint), 1, "nodedns_slots"u8, innerMap: like));
            Libc.Close(like);
            for (var i = 0; i < servers.Count; i++)
            {
                Libc.UpdateBpfMap(numbers, KeyOf(servers[i]), BitConverter.GetBytes(i)).OrThrow("bpf BPF_MAP_UPDATE_ELEM");
            }
            var page = Libc.MapBpfMap(active, PageSize);
            _active = page is null ? throw new SyscallException("mmap a BPF map", Errno.EINVAL) : (uint*)page;
            var code = BpfObject.Link(ReadFile(), name => name switch
            {
                "active" => active,
                "servers" => numbers,
                "scratches" => scratches,
                "slots" => _slots,
                _ => throw new InvalidDataException($"answers.bpf.c has a map {name} that nobody makes"),
            });
            Descriptor = Libc.LoadBpfProgram(code, "Apache-2.0"u8, "nodedns_answers"u8).OrThrow("bpf BPF_PROG_LOAD");
            _descriptors.Add(Descriptor);
            Id = Libc.BpfProgramId(Descriptor);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Descriptor { get; }

    /// <summary>The kernel's number of the program.</summary>
    public uint Id { get; }

    /// <summary>Lets the program answer, or lets every packet go on, from now on.</summary>
    public bool IsActive
    {
        get => Volatile.Read(ref *_active) != 0;
        set => Volatile.Write(ref *_active, value ? 1u : 0u);
    }

    /// <summary>Makes the memory of one cache. The caller closes the descriptor.</summary>
    /// <exception cref="SyscallException">There is not enough memory.</exception>
    public static int CreateSlots() => Libc.CreateBpfMap(
        Libc.BPF_MAP_TYPE_ARRAY, sizeof(uint), AnswerSlots.SlotSize, AnswerSlots.MapEntries, "nodedns_answers"u8,
        Libc.BPF_F_MMAPABLE).OrThrow("bpf BPF_MAP_CREATE");

    /// <summary>Answers from this memory, or from none, from now on. Waits until the former one is no longer
    /// used.</summary>
    /// <param name="slots">Negative for none.</param>
    public SyscallResult Use(int slots)
    {
        ReadOnlySpan<byte> key = [0, 0, 0, 0];
        if (slots >= 0)
        {
            return Libc.UpdateBpfMap(_slots, key, BitConverter.GetBytes(slots));
        }
        var removed = Libc.DeleteFromBpfMap(_slots, key);
        return removed.Error == Errno.ENOENT ? default : removed;
    }

    public void Dispose()
    {
        foreach (var descriptor in _descriptors)
        {
            Libc.Close(descriptor);
        }
        _descriptors.Clear();
        if (_active is not null)
        {
            Libc.UnmapPages((byte*)_active, PageSize);
        }
    }

    private int Keep(SyscallResult created)
    {
        var descriptor = created.OrThrow("bpf BPF_MAP_CREATE");
        _descriptors.Add(descriptor);
        return descriptor;
    }

    /// <summary>struct server: the address as IPv6, then the port in 32 bits of which the first 16 are used, both in network
    /// order.</summary>
    private static byte[] KeyOf(IPEndPoint server)
    {
        var key = new byte[ServerKeySize];
        server.Address.MapToIPv6().TryWriteBytes(key, out _);
        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(AddressSize), (ushort)server.Port);
        return key;
    }

    private static byte[] ReadFile()
    {
        using var stream = typeof(AnswerProgram).Assembly.GetManifestResourceStream("answers.bpf.o")!;
        var file = new byte[stream.Length];
        stream.ReadExactly(file);
        return file;
    }
}
