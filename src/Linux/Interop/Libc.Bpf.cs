using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

/// <summary>bpf(2): the few commands that loading and attaching one program needs.</summary>
public static unsafe partial class Libc
{
    public const int BPF_MAP_TYPE_HASH = 1;
    public const int BPF_MAP_TYPE_ARRAY = 2;
    public const int BPF_MAP_TYPE_PERCPU_ARRAY = 6;
    public const int BPF_MAP_TYPE_ARRAY_OF_MAPS = 12;
    public const uint BPF_F_MMAPABLE = 1 << 10;

    public const int BPF_TCX_INGRESS = 46;
    public const int BPF_TCX_EGRESS = 47;

    private const int BPF_MAP_CREATE = 0;
    private const int BPF_MAP_UPDATE_ELEM = 2;
    private const int BPF_MAP_DELETE_ELEM = 3;
    private const int BPF_PROG_LOAD = 5;
    private const int BPF_OBJ_GET_INFO_BY_FD = 15;
    private const int BPF_PROG_QUERY = 16;
    private const int BPF_LINK_CREATE = 28;
    private const int BPF_PROG_TYPE_SCHED_CLS = 3;

    /// <summary>No command here uses more octets of union bpf_attr. Those that are not written are zero.</summary>
    private const int AttributeSize = 128;

    private const int ProgramNameOffset = 48;
    private const int MapNameOffset = 28;

    /// <summary>Creates a map (BPF_MAP_CREATE). Its octets are charged to this process's cgroup from Linux 5.11 on, to its
    /// RLIMIT_MEMLOCK before.</summary>
    /// <param name="innerMap">For BPF_MAP_TYPE_ARRAY_OF_MAPS: a map like those that it will hold.</param>
    /// <returns>The descriptor.</returns>
    public static SyscallResult CreateBpfMap(
        int type, int keySize, int valueSize, int entries, ReadOnlySpan<byte> name, uint flags = 0, int innerMap = 0)
    {
        var attributes = stackalloc byte[AttributeSize];
        Clear(attributes);
        var numbers = (int*)attributes;
        (numbers[0], numbers[1], numbers[2], numbers[3]) = (type, keySize, valueSize, entries);
        (numbers[4], numbers[5]) = ((int)flags, innerMap);
        name.CopyTo(new Span<byte>(attributes + MapNameOffset, 15));
        return Bpf(BPF_MAP_CREATE, attributes);
    }

    /// <summary>Sets one element (BPF_MAP_UPDATE_ELEM). Key and value must have the sizes of the map. For a map of maps this
    /// waits until no program uses the former map any more, some milliseconds.</summary>
    public static SyscallResult UpdateBpfMap(int map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // SAFETY: the kernel reads as many octets as the map's key and value have.
        fixed (byte* keyAt = key, valueAt = value)
        {
            return OfElement(BPF_MAP_UPDATE_ELEM, map, keyAt, valueAt);
        }
    }

    /// <summary>Removes one element (BPF_MAP_DELETE_ELEM).</summary>
    public static SyscallResult DeleteFromBpfMap(int map, ReadOnlySpan<byte> key)
    {
        fixed (byte* keyAt = key)
        {
            return OfElement(BPF_MAP_DELETE_ELEM, map, keyAt, null);
        }
    }

    /// <summary>Loads a program for tc and tcx (BPF_PROG_LOAD), which verifies it.</summary>
    /// <returns>The descriptor. EPERM without CAP_BPF and CAP_NET_ADMIN, EACCES or E2BIG when the verifier refuses
    /// it.</returns>
    public static SyscallResult LoadBpfProgram(ReadOnlySpan<byte> instructions, ReadOnlySpan<byte> license, ReadOnlySpan<byte> name)
    {
        const int instructionSize = 8;
        var attributes = stackalloc byte[AttributeSize];
        Clear(attributes);
        name.CopyTo(new Span<byte>(attributes + ProgramNameOffset, 15));
        // SAFETY: the kernel reads as many instructions as it is told, and the license up to its zero, which a UTF-8
        // literal has.
        fixed (byte* code = instructions, text = license)
        {
            ((int*)attributes)[0] = BPF_PROG_TYPE_SCHED_CLS;
            ((int*)attributes)[1] = instructions.Length / instructionSize;
            ((ulong*)attributes)[1] = (ulong)code;
            ((ulong*)attributes)[2] = (ulong)text;
            return Bpf(BPF_PROG_LOAD, attributes);
        }
    }

    /// <summary>Attaches a program to a network device (BPF_LINK_CREATE, tcx, Linux 6.6) for as long as the returned
    /// descriptor is open.</summary>
    public static SyscallResult AttachBpfProgram(int program, int linkIndex, int attachType)
    {
        var attributes = stackalloc byte[AttributeSize];
        Clear(attributes);
        var numbers = (int*)attributes;
        (numbers[0], numbers[1], numbers[2]) = (program, linkIndex, attachType);
        return Bpf(BPF_LINK_CREATE, attributes);
    }

    /// <summary>Lists the ids of the programs at a network device (BPF_PROG_QUERY, tcx).</summary>
    /// <returns>How many there are, which may be more than fit; EINVAL where the kernel has no tcx.</returns>
    public static SyscallResult QueryBpfPrograms(int linkIndex, int attachType, Span<uint> ids)
    {
        var attributes = stackalloc byte[AttributeSize];
        Clear(attributes);
        // SAFETY: the kernel writes at most as many ids as it is told there is room for.
        fixed (uint* room = ids)
        {
            var numbers = (int*)attributes;
            (numbers[0], numbers[1], numbers[6]) = (linkIndex, attachType, ids.Length);
            ((ulong*)attributes)[2] = (ulong)room;
            var result = Bpf(BPF_PROG_QUERY, attributes);
            return result.IsError && result.Error != Errno.ENOSPC ? result : SyscallResult.From(numbers[6], 0);
        }
    }

    /// <summary>The id of a loaded program (BPF_OBJ_GET_INFO_BY_FD); 0 when it cannot be told.</summary>
    public static uint BpfProgramId(int program)
    {
        // struct bpf_prog_info begins with type and id.
        const int infoSize = 8;
        var info = stackalloc uint[infoSize / sizeof(uint)];
        var attributes = stackalloc byte[AttributeSize];
        Clear(attributes);
        ((int*)attributes)[0] = program;
        ((int*)attributes)[1] = infoSize;
        ((ulong*)attributes)[1] = (ulong)info;
        return Bpf(BPF_OBJ_GET_INFO_BY_FD, attributes).IsError ? 0 : info[1];
    }

    /// <summary>Maps the values of a map with BPF_F_MMAPABLE (mmap(2), MAP_SHARED). No capability is needed.</summary>
    /// <returns>null when the descriptor is no such map, or not that large.</returns>
    public static byte* MapBpfMap(int map, nuint bytes)
    {
        var pages = mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, map, 0);
        return pages == (byte*)-1 ? null : pages;
    }

    private static SyscallResult OfElement(int command, int map, byte* key, byte* value)
    {
        var attributes = stackalloc byte[AttributeSize];
        Clear(attributes);
        ((int*)attributes)[0] = map;
        ((ulong*)attributes)[1] = (ulong)key;
        ((ulong*)attributes)[2] = (ulong)value;
        return Bpf(command, attributes);
    }

    private static void Clear(byte* attributes) => new Span<byte>(attributes, AttributeSize).Clear();

    // SAFETY: the kernel reads and writes at most AttributeSize octets of union bpf_attr; what its pointers point to is the
    // caller's.
    private static SyscallResult Bpf(int command, byte* attributes)
    {
        var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321;
        SyscallResult result;
        do
        {
            result = Result(syscall3(number, command, (nint)attributes, AttributeSize));
        }
        // A signal, or a verification that the kernel asks to be begun again.
        while (result.Error is Errno.EINTR or Errno.EAGAIN);
        return result;
    }
}
