using System.Diagnostics;
using System.Reflection;
using Xunit;
using Xunit.Runner.InProc.SystemConsole;
using Xunit.Sdk;
using Xunit.v3;

[assembly: NodeDns.Mutants.NotesWhatATestComesBy]

namespace NodeDns.Mutants;

/// <summary>The entry point of the copy's test projects. Stays up, as starting it costs more than most tests.</summary>
/// <remarks>
/// `cover COUNT` runs everything and says "test DURATION-MS NUMBER,NUMBER... SERIALIZED-TEST" for each test that comes by
/// a mutant, and "failed NAME" for each that fails without one. `try NUMBER TEST...` runs tests with a mutant on, one by
/// one until one fails twice, and says "passed" after each other one. Both end with "done WORD".
/// </remarks>
internal static class Host
{
    /// <summary>They take minutes, and look for other faults than a changed operator.</summary>
    private static readonly string[] s_leftOut =
    [
        "NodeDns.Cache.Scenarios.Differential.*", "NodeDns.Node.Tests.BigNodeTests", "NodeDns.Node.Tests.RandomUpgradeTests",
        "NodeDns.Node.Tests.Soak.*",
    ];

    public static TextWriter Answers { get; private set; } = TextWriter.Null;

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments.Length > 0)
        {
            return await ConsoleRunner.Run(arguments);
        }
        Answers = Console.Out;
        Console.SetOut(TextWriter.Null);
        while (Console.In.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            Answers.WriteLine($"done {(words[0] == "cover" ? await Cover(int.Parse(words[1])) : await Try(words))}");
            Answers.Flush();
        }
        return 0;
    }

    private static async Task<string> Cover(int count)
    {
        MutantSwitch.Record(count);
        var isGreen = await Run([.. s_leftOut.SelectMany(name => new[] { "-class-", name })]);
        MutantSwitch.Record(0);
        return isGreen ? "passed" : "failed";
    }

    private static async Task<string> Try(string[] words)
    {
        foreach (var test in words[2..])
        {
            MutantSwitch.TurnOn(int.Parse(words[1]));
            // Once more, as a test of programs and load may fail by chance on a busy machine.
            var passed = await Run("-run", test) || await Run("-run", test);
            MutantSwitch.TurnOn(-1);
            if (!passed)
            {
                // A test that fails without the mutant too says nothing: an earlier one left something behind.
                return await Run("-run", test) ? "failed" : "spoilt";
            }
            Answers.WriteLine("passed");
            Answers.Flush();
        }
        return "passed";
    }

    private static async Task<bool> Run(params string[] arguments) => await new ConsoleRunner(
        [.. arguments, "-parallelMode", "none", "-preEnumerateTheories", "-noColor", "-noLogo", "-noAutoReporters"]).EntryPoint() == 0;
}

[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class NotesWhatATestComesByAttribute : BeforeAfterTestAttribute
{
    private long _started;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => _started = Stopwatch.GetTimestamp();

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        var seen = string.Join(',', MutantSwitch.TakeSeen());
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            Host.Answers.WriteLine($"failed {test.TestDisplayName}");
        }
        else if (seen.Length > 0)
        {
            var ms = (int)Stopwatch.GetElapsedTime(_started).TotalMilliseconds;
            Host.Answers.WriteLine($"test {ms} {seen} {SerializationHelper.Instance.Serialize(test.TestCase)}");
        }
    }
}
