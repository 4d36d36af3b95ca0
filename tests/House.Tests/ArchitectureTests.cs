using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using ArchUnitNET.Loader;

namespace NodeDns.House.Tests;

/// <summary>The house as it is built is the one that docs/architecture.md draws.</summary>
public sealed class ArchitectureTests
{
    private static readonly Drawing s_drawing = Drawing.Read(
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "docs", "architecture.md")));

    /// <summary>What House.Tests.csproj refers to lies beside this test.</summary>
    private static readonly Lazy<Architecture> s_architecture = new(() => new ArchLoader()
        .LoadFilteredDirectory(AppContext.BaseDirectory, "NodeDns.*.dll")
        .LoadFilteredDirectory(AppContext.BaseDirectory, "node-dns-*.dll")
        .LoadFilteredDirectory(AppContext.BaseDirectory, "kubectl-nodedns.dll")
        .Build());

    private static readonly Lazy<List<Step>> s_steps = new(() => [.. Steps()]);

    [Fact]
    public void Every_arrow_that_is_walked_is_drawn() =>
        Nothing(
            s_steps.Value.Where(step => !s_drawing.Arrows.Contains(step.Arrow))
                .Select(step => $"{step.Arrow}: {step.Origin} needs {step.Target}"));

    [Fact]
    public void Every_arrow_that_is_drawn_is_walked() =>
        Nothing(s_drawing.Arrows.Except(s_steps.Value.Select(step => step.Arrow)).Select(arrow => arrow.ToString()));

    [Fact]
    public void No_arrow_leads_back_to_where_it_came_from()
    {
        var reachable = s_drawing.Arrows.ToLookup(arrow => arrow.From, arrow => arrow.To);
        foreach (var room in s_drawing.Arrows.Select(arrow => arrow.From).Distinct())
        {
            var seen = new HashSet<string>();
            var next = new Stack<string>(reachable[room]);
            while (next.TryPop(out var at))
            {
                Assert.False(at == room, $"a circle through {room}");
                if (seen.Add(at))
                {
                    foreach (var further in reachable[at])
                    {
                        next.Push(further);
                    }
                }
            }
        }
    }

    /// <summary>What a pod or a compromised cache sends the privileged process is octets to it.</summary>
    [Fact]
    public void The_guard_references_no_reader_of_messages_or_Corefiles() =>
        Nothing(System.Reflection.Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, "NodeDns.Guard.dll")).GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal)
                && name is not ("NodeDns.Linux" or "NodeDns.Telemetry" or "Microsoft.Win32.Primitives"
                    or "Microsoft.Extensions.Logging.Abstractions")));

    /// <summary>What another project names, and what the public members of such a type need: the rest is internal.</summary>
    [Fact]
    public void A_public_type_has_a_reader_in_another_project()
    {
        var types = s_architecture.Value.Types.Where(IsOurs).ToList();
        var named = Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll").SelectMany(NamesOfOthers).ToHashSet();
        var read = new HashSet<IType>();
        var next = new Stack<IType>(types.Where(type => named.Contains(type.FullName)));
        while (next.TryPop(out var type))
        {
            if (!read.Add(type))
            {
                continue;
            }

            foreach (var dependency in type.Dependencies.Where(IsPartOfItsSurface))
            {
                next.Push(dependency.Target);
            }
        }

        Nothing(types.Where(type => type.Visibility == Visibility.Public && !type.IsNested && !read.Contains(type))
            .Select(type => $"{type.FullName} is public and nobody outside {type.Assembly.Name} needs it"));
    }

    /// <summary>The types that one of our assemblies names of the others, its top-level statements too.</summary>
    private static IEnumerable<string> NamesOfOthers(string file)
    {
        if (!Path.GetFileName(file).StartsWith("NodeDns.", StringComparison.Ordinal)
            && !Path.GetFileName(file).StartsWith("node-dns-", StringComparison.Ordinal)
            && Path.GetFileName(file) != "kubectl-nodedns.dll")
        {
            yield break;
        }

        using var assembly = new PEReader(File.OpenRead(file));
        var metadata = assembly.GetMetadataReader();
        foreach (var handle in metadata.TypeReferences)
        {
            var type = metadata.GetTypeReference(handle);
            yield return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
        }
    }

    private static bool IsPartOfItsSurface(ITypeDependency dependency) =>
        dependency is not IMemberTypeDependency member
        || (member.OriginMember.Visibility == Visibility.Public
            && dependency is not BodyTypeMemberDependency);

    /// <summary>Every dependency of a type of ours on one in another room.</summary>
    private static IEnumerable<Step> Steps()
    {
        foreach (var type in s_architecture.Value.Types)
        {
            foreach (var target in type.Dependencies.Select(dependency => dependency.Target).Distinct())
            {
                if (!IsOurs(type) || !IsOurs(target))
                {
                    continue;
                }

                (var from, var to) = (Room(type), Room(target));
                if (from != to)
                {
                    yield return new Step(new Arrow(from, to), type.FullName, target.FullName);
                }
            }
        }
    }

    /// <summary>A program's top-level statements are in no namespace, and may know everybody.</summary>
    private static bool IsOurs(IType type) =>
        type.Namespace?.FullName.StartsWith("NodeDns.", StringComparison.Ordinal) == true;

    private static string Room(IType type) =>
        s_drawing.RoomOf(type.Namespace.FullName) ?? $"{type.Namespace.FullName} (a room that is not drawn)";

    private static void Nothing(IEnumerable<string> lines)
    {
        var text = string.Join('\n', lines.Distinct().Order());
        Assert.True(text.Length == 0, text);
    }

    private sealed record Step(Arrow Arrow, string Origin, string Target);
}
