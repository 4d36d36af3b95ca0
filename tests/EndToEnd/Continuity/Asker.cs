using System.Diagnostics;
using System.Globalization;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Continuity;

/// <summary>What tests/EndToEnd/asker printed. A lookup is lost when it had no good answer within 1 s.</summary>
internal sealed record Lookups(string Protocol, long Sent, long Answered, long Lost, string Line)
{
    public override string ToString() => $"{Protocol}: {Line}";
}

/// <summary>A pod that asks continuously, from its making until <see cref="Stop"/>.</summary>
internal sealed class Asker : IDisposable
{
    private readonly Process process;
    private readonly Task<string> errors;
    private readonly string protocol;

    public Asker(string ns, string pod, string servers, string protocol, int perSecond)
    {
        this.protocol = protocol;
        process = Kubectl.StartExec(ns, pod, "asker", servers, protocol, perSecond.ToString(CultureInfo.InvariantCulture));
        errors = process.StandardError.ReadToEndAsync();
        Assert.Equal("asking", process.StandardOutput.ReadLine());
    }

    /// <summary>Ends the asking, waits for what is in flight, and returns the numbers.</summary>
    public Lookups Stop()
    {
        process.StandardInput.Close();
        var text = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, text + errors.Result);
        var fields = text.Split('\n')[0].Split(' ').Select(f => f.Split('=')).ToDictionary(f => f[0], f => f[1]);
        long Number(string name) => long.Parse(fields[name], CultureInfo.InvariantCulture);
        return new Lookups(protocol, Number("sent"), Number("answered"), Number("lost"), text);
    }

    public void Dispose() => process.Dispose();
}
