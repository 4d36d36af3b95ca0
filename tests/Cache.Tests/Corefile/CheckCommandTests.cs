using NodeDns.Cache.Commands;
using NodeDns.Cache.Query;
using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class CheckCommandTests
{
    [Fact]
    public void The_timeouts_that_check_prints_are_those_that_connections_have()
    {
        Assert.Equal(TcpLimits.Default.ReadMs, TimeoutsConfig.ReadDefault.TotalMilliseconds);
        Assert.Equal(TcpLimits.Default.WriteMs, TimeoutsConfig.WriteDefault.TotalMilliseconds);
        Assert.Equal(TcpLimits.Default.IdleMs, TimeoutsConfig.IdleDefault.TotalMilliseconds);
    }

    [Fact]
    public void Errors_come_one_a_line_with_exit_code_1()
    {
        var (code, output, error) = Run(("Corefile", ". {\n  kubernetes cluster.local\n  bufsize 9000\n}\n"));
        Assert.Equal(1, code);
        Assert.Equal("", output);
        Assert.Equal(
            """
            Corefile:2: kubernetes: cluster.local: expected a directive this server has; nearest to it: forward to the cluster's own DNS, which runs this directive
            Corefile:3: bufsize: 9000: expected a size in bytes, 512 to 4096

            """, error);
    }

    [Fact]
    public void A_good_file_prints_what_will_be_served_with_exit_code_0()
    {
        var (code, output, error) = Run(("Corefile", "example.org:1053 {\n  bind 127.0.0.1\n  cache 30\n  pprof\n  "
            + "forward . 192.0.2.1 {\n    force_tcp\n  }\n}\n"));
        Assert.Equal(0, code);
        Assert.Equal("warning: Corefile:4: pprof: (nothing): does nothing here: use dotnet-counters, or EventPipe "
            + "(dotnet-trace, dotnet-gcdump)\n", error);
        Assert.Equal(
            """
            example.org.:1053
              listen      127.0.0.1
              cache       success up to 30s, denial up to 30s, SERVFAIL 5s
              forward     . to 192.0.2.1:53 by TCP, random

            """, output);
    }

    [Fact]
    public void Variables_of_the_manifest_are_checked_with_values_that_stand_in()
    {
        var (code, output, error) = Run(("Corefile", "__PILLAR__DNS__DOMAIN__ {\n  bind __PILLAR__LOCAL__DNS__\n}\n"));
        Assert.Equal(0, code);
        Assert.Equal("warning: Corefile:1: __PILLAR__LOCAL__DNS__: (no value): checked as if it were 169.254.20.10\n"
            + "warning: Corefile:1: __PILLAR__DNS__DOMAIN__: (no value): checked as if it were cluster.local\n", error);
        Assert.StartsWith("cluster.local.:53\n  listen      169.254.20.10\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_an_error_of_the_same_form()
    {
        var (code, _, error) = Run();
        Assert.Equal((1, "Corefile:1: file: Corefile: expected a readable file: no such file\n"), (code, error));
    }

    private static (int Code, string Output, string Error) Run(params (string Path, string Text)[] files)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = CheckCommand.Run("Corefile", output, error, new() { Files = new TestFiles(files) });
        return (code, output.ToString(), error.ToString());
    }
}
