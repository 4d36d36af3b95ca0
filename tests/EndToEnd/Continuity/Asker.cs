using System.Diagnostics;
using System.Globalization;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Continuity;

/// <summary>What tests/EndToEnd/asker printed. A lookup is lost when it had no good answer within 5 s, a
/// resolver's own first timeout.</summary>
/// <param name="SlowestMs">Of those that had a good answer.</param>
/// <param name="P999Ms">The time that all but one in a thousand stayed below, where a lost one took 5 s.</param>
internal sealed record Lookups(
    string Protocol, long Sent, long Answered, long Lost, double SlowestMs, double P999Ms, double Seconds, string Line)
{
    public override string ToString() => $"{Protocol}: {Line}";
}

/// <summary>A pod that asks continuously, from its making until <see cref="Stop"/>.</summary>
internal sealed class Asker : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly string _protocol;

    /// <param name="name">The only name that is asked for, or, as <c>*.NAMESPACE.pod.DOMAIN</c>, those of ever new addresses; null
    /// for several.</param>
    public Asker(string ns, string pod, string servers, string protocol, int perSecond, string? name = null)
    {
        _protocol = protocol;
        string[] asker = ["asker", servers, protocol, perSecond.ToString(CultureInfo.InvariantCulture)];
        _process = Kubectl.StartExec(ns, pod, name is null ? asker : [.. asker, name]);
        _errors = _process.StandardError.ReadToEndAsync();
        Assert.Equal("asking", _process.StandardOutput.ReadLine());
    }

    /// <summary>What was asked until now is in no number.</summary>
    public void CountFromHere()
    {
        _process.StandardInput.WriteLine();
        _process.StandardInput.Flush();
    }

    /// <summary>Ends the asking, waits for what is in flight, and returns the numbers.</summary>
    public Lookups Stop()
    {
        _process.StandardInput.Close();
        var text = _process.StandardOutput.ReadToEnd().Trim();
        _process.WaitForExit();
        Assert.True(_process.ExitCode == 0, text + _errors.Result);
        var fields = text.Split('\n')[0].Split(' ').Select(f => f.Split('=')).ToDictionary(f => f[0], f => f[1]);
        long Number(string name) => long.Parse(fields[name], CultureInfo.InvariantCulture);
        double Fraction(string name) => double.Parse(fields[name], CultureInfo.InvariantCulture);
        return new Lookups(_protocol, Number("sent"), Number("answered"), Number("lost"),
            Fraction("slowest_ms"), Fraction("p999_ms"), Fraction("seconds"), text);
    }

    public void Dispose() => _process.Dispose();
}
