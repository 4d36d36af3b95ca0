using System.Collections.Immutable;
using NodeDns.Addresses;

namespace NodeDns.Corefile.Directives;

/// <summary>bind ADDRESS|INTERFACE... { except ADDRESS|INTERFACE... }; several lines of a block are combined.</summary>
internal static class BindReader
{
    /// <summary>IFNAMSIZ of linux/if.h, without the terminating zero.</summary>
    private const int InterfaceNameMaximum = 15;

    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.Count(scope.Head, 1, int.MaxValue, "expected at least one address or interface");
        var except = ImmutableArray<BindTarget>.Empty;
        foreach (var line in scope.Body)
        {
            if (line.Name.Text != "except")
            {
                scope.UnknownOption(line, "except");
            }
            else if (scope.Count(line, 1, int.MaxValue, "expected at least one address or interface"))
            {
                except = Targets(scope, line.Args);
            }
        }

        var group = new BindGroup(Targets(scope, scope.Head.Args), except);
        var bind = block.Bind ?? new BindConfig { At = scope.At };
        return block with { Bind = bind with { Groups = bind.Groups.Add(group) } };
    }

    private static ImmutableArray<BindTarget> Targets(DirectiveScope scope, ImmutableArray<Token> tokens)
    {
        var targets = ImmutableArray.CreateBuilder<BindTarget>();
        foreach (var token in tokens)
        {
            if (AddressText.TryAddress(token.Text, out var address))
            {
                targets.Add(new(address, null));
            }
            else if (IsInterface(token.Text) && scope.Options.HasInterface?.Invoke(token.Text) != false)
            {
                targets.Add(new(null, token.Text));
            }
            else
            {
                scope.Error(token, "expected an address or the name of an interface");
            }
        }

        return targets.ToImmutable();
    }

    private static bool IsInterface(string text) =>
        text.Length is > 0 and <= InterfaceNameMaximum && text is not ("." or "..")
        && !text.All(c => char.IsAsciiDigit(c) || c == '.')
        && !text.Any(c => c is '/' or ':' or '<' or '>' || char.IsWhiteSpace(c) || char.IsControl(c));
}
