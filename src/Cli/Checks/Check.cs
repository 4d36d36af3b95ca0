namespace NodeDns.Cli.Checks;

/// <summary>One check of the cluster or of the node cache.</summary>
/// <param name="Code">Its name, which never changes, such as NDN101.</param>
/// <param name="Category">Its group, such as api.</param>
/// <param name="Title">What is true when nothing is wrong.</param>
/// <param name="IsPre">True when it can be made before an install.</param>
/// <param name="RunAsync">Makes the check and adds its findings to the list.</param>
internal sealed record Check(
    string Code, string Category, string Title, bool IsPre, Func<Examination, List<Finding>, CancellationToken, Task> RunAsync);
