using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>The kernel refused a netlink request.</summary>
/// <param name="what">The request in words, such as "add 169.254.20.10 to nodelocaldns".</param>
/// <param name="detail">The kernel's own explanation, if it gave one (NLMSGERR_ATTR_MSG).</param>
internal sealed class NetlinkException(string what, Errno error, string? detail)
    : Exception($"{what}: {error.Describe()}{(detail is null ? "" : $": {detail}")}")
{
    public Errno Error { get; } = error;
}
