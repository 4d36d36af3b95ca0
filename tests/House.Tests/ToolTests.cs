using NodeDns.Testing.Shell;

namespace NodeDns.House.Tests;

/// <summary>How every suite waits for a program that goes on: a fault of it is a sentence, and never a suite that hangs.</summary>
public sealed class ToolTests
{
    [Fact]
    public void The_first_line_is_there_while_the_program_goes_on()
    {
        using var program = Tool.Start("bash", "-c", "echo at port 53; echo hm >&2; exec cat");
        Assert.Equal("at port 53", Tool.FirstLine(program));
        Assert.False(program.HasExited);
        program.StandardInput.Close();
        program.WaitForExit();
    }

    [Fact]
    public void A_program_that_ends_without_a_line_is_what_it_said()
    {
        using var program = Tool.Start("bash", "-c", "echo no cluster >&2; exit 2");
        Assert.Equal("no cluster\n", Assert.Throws<InvalidOperationException>(() => Tool.FirstLine(program)).Message);
    }

    [Fact]
    public void A_program_that_says_nothing_is_named()
    {
        using var program = Tool.Start("cat");
        Assert.Contains("cat goes on", Assert.Throws<TimeoutException>(() => Tool.FirstLine(program, TimeSpan.Zero)).Message, StringComparison.Ordinal);
        program.StandardInput.Close();
        program.WaitForExit();
    }
}
