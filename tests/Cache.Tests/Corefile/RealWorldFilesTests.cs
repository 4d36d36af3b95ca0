using NodeDns.Cache.Commands;
using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>Whole files as clusters have them, written from the facts: each loads, and does what is written beside it.
/// </summary>
/// <remarks>NAME.txt is what `check` prints for NAME.corefile, warnings first.</remarks>
public sealed class RealWorldFilesTests
{
    private static readonly CorefileOptions s_options = Corefiles.Options with
    {
        Environment = name => name switch
        {
            "DNS_PORT" => "1053",
            "NODE_IP" => "10.0.0.7",
            "EXTRA_IP" => "10.0.0.8",
            "UPSTREAM" => "192.0.2.1:5353",
            _ => null,
        },
    };

    public static TheoryData<string> Names() =>
        [.. Directory.GetFiles(TestFiles.Folder, "*.corefile").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void File_loads_and_does_what_is_written_beside_it(string name)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = CheckCommand.Run(name + ".corefile", output, error, s_options);
        var expected = File.ReadAllText(Path.Combine(TestFiles.Folder, name + ".txt"));
        Assert.Equal(expected, error.ToString() + output);
        Assert.Equal(0, code);
    }
}
