/// <summary>Which of the mutants in the code is on, and which ones were come by.</summary>
/// <remarks>A process that a test starts inherits the mutant by its environment.</remarks>
public static class MutantSwitch
{
    private const string Variable = "MUTANT";

    private static int s_active =
        int.TryParse(System.Environment.GetEnvironmentVariable(Variable), out var number) ? number : -1;

    private static bool[] s_seen = [];

    /// <summary>Called in the place of every mutant.</summary>
    public static bool Is(int number)
    {
        if (number < s_seen.Length)
        {
            s_seen[number] = true;
        }
        return number == s_active;
    }

    public static void TurnOn(int number)
    {
        System.Environment.SetEnvironmentVariable(Variable, number.ToString());
        s_active = number;
    }

    public static void Record(int count) => s_seen = new bool[count];

    public static System.Collections.Generic.IEnumerable<int> TakeSeen()
    {
        var seen = s_seen;
        s_seen = new bool[seen.Length];
        for (var number = 0; number < seen.Length; number++)
        {
            if (seen[number])
            {
                yield return number;
            }
        }
    }
}
