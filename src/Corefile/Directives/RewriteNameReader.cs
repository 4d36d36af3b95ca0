using System.Collections.Immutable;
using NodeDns.Go;

namespace NodeDns.Corefile.Directives;

/// <summary>name [exact|prefix|suffix|substring|regex] FROM TO [answer auto | answer name|value PATTERN TO]...</summary>
internal static class RewriteNameReader
{
    private const string Expected = "expected name [exact|prefix|suffix|substring|regex] FROM TO, then answer auto or "
        + "answer name|value PATTERN TO";

    public static RewriteNameRule? Read(DirectiveScope scope, string[] args)
    {
        if (args.Length < 2)
        {
            scope.Error(scope.Head, Expected);
            return null;
        }

        var kind = args.Length == 2 ? "exact" : args[0];
        var (from, to) = args.Length == 2 ? (args[0], args[1]) : (args[1], args[2]);
        if (NameMatchReader.Read(scope, kind, from, complete: true) is not { } match)
        {
            return null;
        }

        if (match.Kind == NameMatchKind.Regex && !UsesOnlyGroupsOf(match.Pattern!, to))
        {
            scope.Error(scope.Head, "expected {1}, {2}… only up to the number of groups in the pattern");
            return null;
        }

        to = NameMatchReader.Complete(to.ToLowerInvariant());
        var auto = match.Kind == NameMatchKind.Exact;
        var answers = ImmutableArray.CreateBuilder<RewriteAnswer>();
        if (args.Length > 3 && !Answers(scope, args.AsSpan(3), answers, ref auto))
        {
            return null;
        }

        return new(match, to, auto, answers.ToImmutable());
    }

    private static bool Answers(
        DirectiveScope scope, ReadOnlySpan<string> args, ImmutableArray<RewriteAnswer>.Builder answers, ref bool auto)
    {
        var askedForAuto = false;
        if (args.Length < 2 || args[0] != "answer")
        {
            scope.Error(scope.Head, Expected);
            return false;
        }

        while (!args.IsEmpty)
        {
            if (args[0] == "answer")
            {
                args = args[1..];
            }

            switch (args)
            {
                case ["auto", ..]:
                    auto = askedForAuto = true;
                    args = args[1..];
                    break;
                case ["name" or "value", var pattern, var to, ..]:
                    if (Answer(scope, args[0] == "name", pattern, to) is not { } answer)
                    {
                        return false;
                    }

                    answers.Add(answer);
                    args = args[3..];
                    break;
                default:
                    scope.Error(scope.Head, Expected);
                    return false;
            }
        }

        if (!askedForAuto || answers.All(answer => answer.Kind != RewriteAnswerKind.Name))
        {
            return true;
        }

        scope.Error(scope.Head, "expected either answer auto or answer name, not both");
        return false;
    }

    private static RewriteAnswer? Answer(DirectiveScope scope, bool isName, string text, string to)
    {
        if (scope.Pattern(scope.Head, text) is not { } pattern)
        {
            return null;
        }

        if (UsesOnlyGroupsOf(pattern, to))
        {
            return new(isName ? RewriteAnswerKind.Name : RewriteAnswerKind.Value, pattern,
                NameMatchReader.Complete(to.ToLowerInvariant()));
        }

        scope.Error(scope.Head, "expected {1}, {2}… only up to the number of groups in the pattern");
        return null;
    }

    /// <summary>Like CoreDNS, compares the number of different groups that are used, including {0}.</summary>
    private static bool UsesOnlyGroupsOf(GoPattern pattern, string to) =>
        Enumerable.Range(0, 101).Count(group => to.Contains($"{{{group}}}", StringComparison.Ordinal))
            <= pattern.GroupCount;
}
