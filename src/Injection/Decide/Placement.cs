using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>On which nodes a pod can run, judged like the scheduler by its nodeSelector, its required node affinity and
/// its tolerations (kubernetes component-helpers, nodeaffinity). Its nodeName is not read: who sets it writes a pod past the
/// scheduler to one node, and a node's name says nothing about its kind.</summary>
internal readonly struct Placement(JsonElement spec)
{
    private readonly JsonElement _selector = spec.Member("nodeSelector"u8);

    private readonly JsonElement _terms = spec.Member("affinity"u8).Member("nodeAffinity"u8)
        .Member("requiredDuringSchedulingIgnoredDuringExecution"u8).Member("nodeSelectorTerms"u8);

    private readonly JsonElement _tolerations = spec.Member("tolerations"u8);

    /// <summary>True when the pod can only run on nodes of this kind, or when it can run on those of one make and
    /// tolerates, by name, their taint.</summary>
    public bool IsFor(NodeKind kind)
    {
        if (!CanRunOn(kind.Elsewhere))
        {
            return true;
        }

        foreach (var make in kind.Makes)
        {
            if (Tolerates(make.Taints) && CanRunOn(make.Labels))
            {
                return true;
            }
        }

        return false;
    }

    private bool CanRunOn(LabelFact[] facts)
    {
        foreach (var fact in facts)
        {
            if (_selector.Member(fact.Key) is { IsAbsent: false } value && !fact.AllowsValue(value))
            {
                return false;
            }
        }
        var anyTerm = false;
        foreach (var term in _terms.Items)
        {
            var expressions = term.Member("matchExpressions"u8);
            if (expressions.First.IsAbsent && term.Member("matchFields"u8).First.IsAbsent)
            {
                continue; // an empty term matches no node
            }

            if (Allow(facts, expressions))
            {
                return true;
            }

            anyTerm = true;
        }
        return !anyTerm;
    }

    /// <summary>The expressions of a term are combined with AND, and also with its matchFields (a node's name), which
    /// say nothing about kinds of nodes.</summary>
    private static bool Allow(LabelFact[] facts, JsonElement expressions)
    {
        foreach (var expression in expressions.Items)
        {
            foreach (var fact in facts)
            {
                if (expression.Says("key"u8, fact.Key) && !fact.Allows(expression))
                {
                    return false;
                }
            }
        }
        return true;
    }

    /// <summary>A pod that tolerates every taint, such as a node agent, does not ask for a kind of node.</summary>
    private bool Tolerates((string Key, string? Value)[] taints)
    {
        foreach (var toleration in _tolerations.Items)
        {
            var key = toleration.Text("key"u8);
            foreach ((var taint, var value) in taints)
            {
                if (key == taint
                    && (value is null || toleration.Says("operator"u8, "Exists"u8) || toleration.Text("value"u8) == value))
                {
                    return true;
                }
            }
        }
        return false;
    }
}
