namespace NodeDns.Cli.Checks;

/// <summary>One thing that can be wrong.</summary>
/// <param name="Code">Its name for ever, such as NDN101.</param>
/// <param name="Category">Such as api.</param>
/// <param name="Title">What holds when nothing is wrong.</param>
/// <param name="IsPre">Whether it can be asked before an install.</param>
/// <param name="RunAsync">Adds what it finds to the list.</param>
internal sealed record Check(
    string Code, string Category, string Title, bool IsPre, Func<Examination, List<Finding>, CancellationToken, Task> RunAsync);
