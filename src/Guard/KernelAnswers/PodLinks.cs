using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.KernelAnswers;

/// <summary>Attaches the program to the host's side of each pod's interface. Used by one thread at a time.</summary>
/// <remarks>An interface with a program of somebody else (tcx, XDP, a tc filter) is left alone. The kernel tells the owner of
/// a program to nobody but an administrator, and the old pod's guard is just detaching its own during an upgrade, so a
/// program counts as somebody else's when it is there at two looks.</remarks>
internal sealed class PodLinks : IDisposable
{
    private readonly AnswerProgram _program;
    private readonly NetlinkSocket _netlink = new(Libc.NETLINK_ROUTE);
    private readonly TcFilters _filters;
    private readonly List<Attachment> _attached = [];
    private List<PodLink> _occupied = [];

    public PodLinks(AnswerProgram program, KernelAnswersMode mode)
    {
        _program = program;
        _filters = new TcFilters(_netlink);
        HasTcx = mode switch
        {
            KernelAnswersMode.Tcx => true,
            KernelAnswersMode.Clsact => false,
            // Of lo, which there always is. EINVAL where there is no tcx.
            _ => !Libc.QueryBpfPrograms(Libc.LinkIndex("lo"), Libc.BPF_TCX_INGRESS, []).IsError,
        };
    }

    public bool HasTcx { get; }

    /// <summary>Attaches to interfaces that are new, and detaches where somebody else has come.</summary>
    /// <exception cref="NetlinkException">The links could not be listed.</exception>
    /// <exception cref="SyscallException">The program could not be attached.</exception>
    public PodLinksReport Look()
    {
        var links = PodLink.All(_netlink);
        foreach (var attached in _attached.ToArray())
        {
            if (!links.Exists(link => link.Index == attached.Link))
            {
                Close(attached);
            }
        }
        var leftAlone = new List<string>();
        var occupied = new List<PodLink>();
        foreach (var link in links)
        {
            if (IsOccupied(link))
            {
                occupied.Add(link);
                Detach(link.Index);
                if (_occupied.Exists(other => other.Index == link.Index))
                {
                    leftAlone.Add(link.Name);
                }
            }
            else if (Find(link.Index) is null)
            {
                Attach(link);
            }
        }
        var isUnsure = occupied.Count > leftAlone.Count;
        _occupied = occupied;
        return new PodLinksReport(_attached.Count, leftAlone, isUnsure);
    }

    /// <summary>Detaches from every interface, and leaves nothing behind.</summary>
    public void Detach()
    {
        foreach (var attached in _attached.ToArray())
        {
            Detach(attached.Link);
        }
        _occupied = [];
    }

    public void Dispose()
    {
        Detach();
        _netlink.Dispose();
    }

    private bool IsOccupied(PodLink link)
    {
        var (isOwn, filtered, hasFilters) = _filters.At(link.Index);
        if (Find(link.Index) is { } attached && !IsIntact(attached, isOwn, filtered))
        {
            // Another interface has got the number of one that is gone, or somebody has removed the program.
            Close(attached);
        }
        return link.HasXdp || hasFilters || HasOtherTcx(link.Index, Libc.BPF_TCX_INGRESS)
            || HasOtherTcx(link.Index, Libc.BPF_TCX_EGRESS);
    }

    private Attachment? Find(int link) => _attached.Find(attached => attached.Link == link);

    private bool IsIntact(Attachment attached, bool hasFilter, uint filtered) => attached.TcxLink >= 0
        ? Programs(attached.Link, Libc.BPF_TCX_INGRESS).Contains(_program.Id)
        : hasFilter && filtered == _program.Id;

    private bool HasOtherTcx(int link, int attachType)
    {
        foreach (var program in Programs(link, attachType))
        {
            if (program != _program.Id)
            {
                return true;
            }
        }
        return false;
    }

    private static ReadOnlySpan<uint> Programs(int link, int attachType)
    {
        const int most = 64;
        var ids = new uint[most];
        var found = Libc.QueryBpfPrograms(link, attachType, ids);
        return found.IsError ? [] : ids.AsSpan(0, Math.Min(found.Value, most));
    }

    private void Attach(PodLink link)
    {
        if (HasTcx)
        {
            var attached = Libc.AttachBpfProgram(_program.Descriptor, link.Index, Libc.BPF_TCX_INGRESS);
            if (attached.Error != Errno.ENODEV)
            {
                _attached.Add(new Attachment(link.Index, attached.OrThrow($"bpf BPF_LINK_CREATE {link.Name}"), false));
            }
            return;
        }
        var hasOldOne = _filters.At(link.Index).Own;
        try
        {
            _attached.Add(new Attachment(link.Index, -1, _filters.Add(link.Index, _program.Descriptor) || hasOldOne));
        }
        catch (NetlinkException failure) when (failure.Error == Errno.ENODEV)
        {
            // The pod has ended.
        }
    }

    private void Detach(int link)
    {
        if (Find(link) is not { } attached)
        {
            return;
        }
        if (attached.TcxLink < 0)
        {
            try
            {
                // The next pod's guard may have put its program in the place of ours.
                if (_filters.At(link) is { Own: true } at && at.OwnProgram == _program.Id)
                {
                    _filters.Remove(link, attached.MadeQdisc && !at.Others);
                }
            }
            catch (NetlinkException)
            {
                // The interface is gone, or somebody has been faster.
            }
        }
        Close(attached);
    }

    private void Close(Attachment attached)
    {
        if (_attached.Remove(attached) && attached.TcxLink >= 0)
        {
            Libc.Close(attached.TcxLink);
        }
    }

    /// <param name="Link">The interface's number.</param>
    /// <param name="TcxLink">The descriptor that keeps the program attached; negative for a filter.</param>
    /// <param name="MadeQdisc">A guard has made the filter's qdisc.</param>
    private sealed record Attachment(int Link, int TcxLink, bool MadeQdisc);
}

/// <param name="Attached">How many interfaces have the program.</param>
/// <param name="LeftAlone">The names of those that carry somebody else's.</param>
/// <param name="IsUnsure">Look again soon: there are programs that may be about to go.</param>
internal sealed record PodLinksReport(int Attached, IReadOnlyList<string> LeftAlone, bool IsUnsure);
