using System.Runtime.InteropServices;
using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.KernelAnswers;

/// <summary>The filters at a device's clsact qdisc: where a program is attached before tcx, and where others may be.</summary>
internal sealed class TcFilters(NetlinkSocket netlink)
{
    /// <summary>The name by which a guard knows its filter, whichever guard has added it.</summary>
    private const string Name = "nodedns_answers";

    private const string Kind = "bpf";
    private const uint Priority = 1;
    private const uint Handle = 1;

    /// <summary>Looks at both directions.</summary>
    /// <returns>A guard's own filter is there, with its program's id or 0; somebody else's filter is there.</returns>
    public (bool Own, uint OwnProgram, bool Others) At(int link)
    {
        var (own, program, others) = (false, 0u, false);
        foreach (var parent in (ReadOnlySpan<uint>)[Libc.TC_H_CLSACT_INGRESS, Libc.TC_H_CLSACT_EGRESS])
        {
            try
            {
                netlink.Request(Message(Libc.RTM_GETTFILTER, Libc.NLM_F_DUMP, link, 0, parent, 0), "list filters", message =>
                {
                    if (message.Type == Libc.RTM_NEWTFILTER)
                    {
                        Read(message);
                    }
                });
            }
            catch (NetlinkException)
            {
                // It has no such qdisc, or is gone.
            }
        }
        return (own, program, others);

        void Read(NetlinkMessage message)
        {
            string? kind = null, name = null;
            var hasOptions = false;
            foreach (var attribute in message.Attributes(TcMessageSize))
            {
                if (attribute.Type == Libc.TCA_KIND)
                {
                    kind = attribute.Text;
                }
                else if (attribute.Type == Libc.TCA_OPTIONS)
                {
                    hasOptions = true;
                    foreach (var option in attribute.Nested)
                    {
                        name = option.Type == Libc.TCA_BPF_NAME ? option.Text : name;
                        program = option.Type == Libc.TCA_BPF_ID ? MemoryMarshal.Read<uint>(option.Value.Span) : program;
                    }
                }
            }
            // Each priority is listed once without options, before its filters.
            own |= kind == Kind && name == Name;
            others |= kind != Kind || hasOptions && name != Name;
        }
    }

    /// <summary>Attaches a program to the ingress. Replaces that of an earlier guard.</summary>
    /// <returns>The qdisc was made for it.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool Add(int link, int program)
    {
        var isNew = true;
        try
        {
            netlink.Request(
                Message(Libc.RTM_NEWQDISC, Libc.NLM_F_ACK | Libc.NLM_F_CREATE | Libc.NLM_F_EXCL, link,
                    Libc.TC_H_CLSACT_HANDLE, Libc.TC_H_CLSACT, 0).Text(Libc.TCA_KIND, "clsact"),
                "add qdisc clsact");
        }
        catch (NetlinkException failure) when (failure.Error == Errno.EEXIST)
        {
            isNew = false;
        }
        netlink.Request(
            Message(Libc.RTM_NEWTFILTER, Libc.NLM_F_ACK | Libc.NLM_F_CREATE, link, Handle, Libc.TC_H_CLSACT_INGRESS, Info)
                .Text(Libc.TCA_KIND, Kind)
                .Nested(Libc.TCA_OPTIONS, options => options
                    .HostNumber(Libc.TCA_BPF_FD, (uint)program)
                    .Text(Libc.TCA_BPF_NAME, Name)
                    .HostNumber(Libc.TCA_BPF_FLAGS, Libc.TCA_BPF_FLAG_ACT_DIRECT)),
            "add filter");
        return isNew;
    }

    /// <exception cref="NetlinkException">The kernel refused, or the device is gone.</exception>
    public void Remove(int link, bool withQdisc)
    {
        netlink.Request(
            Message(Libc.RTM_DELTFILTER, Libc.NLM_F_ACK, link, Handle, Libc.TC_H_CLSACT_INGRESS, Info)
                .Text(Libc.TCA_KIND, Kind),
            "remove filter");
        if (withQdisc)
        {
            netlink.Request(
                Message(Libc.RTM_DELQDISC, Libc.NLM_F_ACK, link, Libc.TC_H_CLSACT_HANDLE, Libc.TC_H_CLSACT, 0),
                "remove qdisc clsact");
        }
    }

    /// <summary>Priority in the upper half, protocol in network order in the lower.</summary>
    private static uint Info => Priority << 16 | (uint)Libc.ETH_P_ALL << 8;

    private const int TcMessageSize = 20;

    /// <summary>struct tcmsg: family (1), padding (3), device (4), handle (4), parent (4), info (4).</summary>
    private static NetlinkWriter Message(ushort type, int flags, int link, uint handle, uint parent, uint info)
    {
        Span<byte> header = stackalloc byte[TcMessageSize];
        header.Clear();
        MemoryMarshal.Write(header[4..], link);
        MemoryMarshal.Write(header[8..], handle);
        MemoryMarshal.Write(header[12..], parent);
        MemoryMarshal.Write(header[16..], info);
        return new NetlinkWriter().Message(type, (ushort)flags).Raw(header);
    }
}
