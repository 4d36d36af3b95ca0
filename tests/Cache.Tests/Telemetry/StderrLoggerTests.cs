using System.Text;
using Microsoft.Extensions.Logging;
using NodeDns.Telemetry;
using Xunit;

namespace NodeDns.Cache.Tests.Telemetry;

public sealed class StderrLoggerTests
{
    [Fact]
    public void Lines_have_the_form_of_CoreDNS()
    {
        using var output = new MemoryStream();
        using var logger = new StderrLogger(output);
        logger.CreateLogger("plugin/reload").RunningConfiguration("SHA512", "abc");
        logger.CreateLogger("").Started("0.1.0", ".NET 10");
        logger.CreateLogger("plugin/errors").QueryFailed(2, "a.example.", "A", "no answer\nfrom 10.0.0.1:53");
        Assert.Equal(
            "[INFO] plugin/reload: Running configuration SHA512 = abc\n"
            + "[INFO] node-dns-cache 0.1.0 (.NET 10)\n"
            + "[ERROR] plugin/errors: 2 a.example. A: no answer\\nfrom 10.0.0.1:53\n",
            Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void Debug_lines_appear_only_with_the_debug_directive()
    {
        using var output = new MemoryStream();
        using var logger = new StderrLogger(output);
        var log = logger.CreateLogger("plugin/cache");
        log.QueryFailedFirst(LogLevel.Debug, "one");
        logger.Debug = true;
        log.QueryFailedFirst(LogLevel.Debug, "two");
        Assert.Equal("[DEBUG] plugin/cache: two\n", Encoding.UTF8.GetString(output.ToArray()));
    }
}
