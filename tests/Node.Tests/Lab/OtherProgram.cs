using NodeDns.Linux.Interop;

namespace NodeDns.Node.Tests.Lab;

/// <summary>Somebody else's program at an interface of the node, as a CNI plugin has it. It lets everything pass.</summary>
public sealed class OtherProgram : IDisposable
{
    private readonly NetworkNamespace _node;
    private readonly string _link;
    private readonly int _tcx = -1;
    private bool _isGone;

    /// <param name="where">tcx, or the side of clsact: ingress or egress.</param>
    public OtherProgram(NetworkNamespace node, string link, string where)
    {
        (_node, _link) = (node, link);
        if (where != "tcx")
        {
            node.Run($"tc qdisc add dev {link} clsact 2>/dev/null; tc filter add dev {link} {where} pref 7 bpf bytecode \"1,6 0 0 0,\"");
            return;
        }
        _tcx = node.Enter(() =>
        {
            // r0 = -1 (TCX_NEXT); exit
            ReadOnlySpan<byte> code = [0xb7, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x95, 0, 0, 0, 0, 0, 0, 0];
            var program = Libc.LoadBpfProgram(code, "Apache-2.0"u8, "other"u8).OrThrow("load");
            var attached = Libc.AttachBpfProgram(program, Libc.LinkIndex(link), Libc.BPF_TCX_INGRESS).OrThrow("attach");
            Libc.Close(program);
            return attached;
        });
    }

    public void Dispose()
    {
        if (_isGone)
        {
            return;
        }
        _isGone = true;
        if (_tcx >= 0)
        {
            Libc.Close(_tcx);
        }
        else
        {
            _node.Run($"tc qdisc del dev {_link} clsact");
        }
    }
}
