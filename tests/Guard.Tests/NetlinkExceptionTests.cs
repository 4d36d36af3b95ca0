using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Tests;

public sealed class NetlinkExceptionTests
{
    [Theory]
    [InlineData("Address label already exists", ": Address label already exists")]
    [InlineData(null, "")]
    public void The_message_ends_with_what_the_kernel_explains(string? detail, string end) =>
        Assert.Equal(
            $"add 169.254.20.10 to nodelocaldns: {Errno.EPERM.Describe()}{end}",
            new NetlinkException("add 169.254.20.10 to nodelocaldns", Errno.EPERM, detail).Message);
}
