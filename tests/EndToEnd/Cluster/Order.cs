using NodeDns.EndToEnd.Cluster;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(Installation))]
[assembly: TestCollectionOrderer(typeof(Order))]

namespace NodeDns.EndToEnd.Cluster;

/// <summary>Collections by name: "1 …" comes before "2 …", and what takes the product away comes last.</summary>
public sealed class Order : ITestCollectionOrderer
{
    public const string Installed = "1 installed";
    public const string Continuity = "2 continuity";
    public const string TwoNodes = "3 two nodes";
    public const string Uninstalled = "4 uninstalled";
    public const string OwnCertificate = "5 own certificate";
    public const string Swapped = "6 swapped";
    public const string Readme = "7 readme";
    public const string Operators = "8 operators";
    public const string BadDay = "9 bad day";

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(c => c.TestCollectionDisplayName, StringComparer.Ordinal)];
}
