using System.Collections.Immutable;
using System.Net;
using NodeDns.Addresses;

namespace NodeDns.Corefile.Directives;

/// <summary>Reads the servers of a forward: ADDRESS, ADDRESS:PORT, tls://ADDRESS%NAME, a resolv.conf file, or a host
/// name.</summary>
internal static class UpstreamReader
{
    private const string Expected = "expected an address, address:port, tls://address, a file such as /etc/resolv.conf, "
        + "or a host name";

    private static readonly string[] s_unsupported = ["https://", "https3://", "grpc://", "quic://", "unix://"];

    /// <summary>The servers in the order of the file, without duplicates.</summary>
    public static ImmutableArray<UpstreamAddress> Read(
        DirectiveScope scope, IEnumerable<Token> tokens, OptionLine? resolver)
    {
        var asked = resolver is null ? [] : Resolvers(scope, resolver);
        var servers = ImmutableArray.CreateBuilder<UpstreamAddress>();
        foreach (var token in tokens)
        {
            servers.AddRange(One(scope, token, asked).Where(server => !servers.Contains(server)));
        }

        return servers.ToImmutable();
    }

    private static ImmutableArray<UpstreamAddress> One(
        DirectiveScope scope, Token token, ImmutableArray<IPEndPoint> resolvers)
    {
        var text = token.Text;
        if (Array.Exists(s_unsupported, scheme => text.StartsWith(scheme, StringComparison.Ordinal)))
        {
            scope.Error(token, "expected a server asked over UDP, TCP or TLS (tls://)");
            return [];
        }

        var tls = text.StartsWith("tls://", StringComparison.Ordinal);
        text = tls || text.StartsWith("dns://", StringComparison.Ordinal) ? text["tls://".Length..] : text;
        var (bare, serverName) = SplitServerName(text);
        if (!TryHostPort(bare, tls, out var host, out var port))
        {
            scope.Error(token, Expected);
            return [];
        }

        if (AddressText.TryScoped(host, out var address))
        {
            if (address.LacksScope && serverName is not null)
            {
                (address, serverName) = (address with { Scope = serverName }, null);
            }

            CheckScope(scope, token, address);
            return
            [
                new()
                {
                    Address = address.Address,
                    Scope = address.Scope,
                    Port = port,
                    Tls = tls,
                    ServerName = tls ? serverName : null,
                },
            ];
        }

        if (text.Contains('/') || scope.Files.Probe(text) is not null)
        {
            return FromFile(scope, token, text);
        }

        if (!IsHostName(host) || !DomainName.TryNormalize(host, out var name))
        {
            scope.Error(token, Expected);
            return [];
        }

        return Named(scope, token, name, resolvers, new()
        {
            Address = IPAddress.Any,
            Port = port,
            Tls = tls,
            ServerName = tls ? serverName : null
        });
    }

    /// <summary>RFC 1123 section 2.1, and also underscores. Text of only digits and dots is a mistyped
    /// address.</summary>
    private static bool IsHostName(string text) => text.Any(c => !char.IsAsciiDigit(c) && c != '.')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    private static ImmutableArray<UpstreamAddress> Named(DirectiveScope scope, Token token, string name,
        ImmutableArray<IPEndPoint> resolvers, UpstreamAddress server)
    {
        if (scope.Options.Lookup is not { } lookup)
        {
            scope.Warn(token, "a host name, looked up once at start and at each reload; not looked up now");
            return [];
        }

        var addresses = lookup(name, resolvers);
        if (addresses.IsEmpty)
        {
            scope.Error(token, "expected a host name that has an address");
        }

        return [.. addresses.Select(address => server with { Address = address })];
    }

    private static ImmutableArray<UpstreamAddress> FromFile(DirectiveScope scope, Token token, string path)
    {
        if (scope.Files.Read(path, out var reason) is not { } text)
        {
            scope.Error(token, $"expected a readable file: {reason}");
            return [];
        }

        var conf = ResolvConf.Parse(text);
        foreach (var (line, value) in conf.Ignored)
        {
            scope.Warn(token, $"line {line} is left out: {value} is not an address");
        }

        if (conf.Nameservers.IsEmpty)
        {
            scope.Error(token, "expected a file with at least one nameserver line");
        }

        foreach (var address in conf.Nameservers)
        {
            CheckScope(scope, token, address);
        }

        return [.. conf.Nameservers.Select(server => new UpstreamAddress { Address = server.Address, Scope = server.Scope })];
    }

    /// <summary>Only warns about a link that does not exist, because it may appear later; the server is used from then
    /// on.</summary>
    private static void CheckScope(DirectiveScope scope, Token token, ScopedAddress address)
    {
        if (address.LacksScope)
        {
            scope.Warn(token, $"{address} cannot be asked: a link-local address needs its interface, as in {address}%eth0");
        }
        else if (address.Scope is { } link && !link.All(char.IsAsciiDigit) && scope.Options.HasInterface?.Invoke(link) == false)
        {
            scope.Warn(token, $"{address} cannot be asked yet: there is no interface {link}");
        }
    }

    /// <summary>Splits 10.0.0.1%name:853 into 10.0.0.1:853 and the name. In [fe80::1%eth0]:53 the name is eth0, which
    /// is the scope.</summary>
    private static (string Bare, string? Name) SplitServerName(string text)
    {
        var percent = text.LastIndexOf('%');
        if (percent < 0)
        {
            return (text, null);
        }

        var bare = text[..percent];
        var name = text[(percent + 1)..];
        if (bare.StartsWith('[') && !bare.Contains(']'))
        {
            bare += "]";
        }

        var colon = name.LastIndexOf(':');
        if (colon >= 0)
        {
            bare += name[colon..];
            name = name[..colon];
        }

        name = name.TrimEnd(']');
        return (bare, name.Length == 0 ? null : name);
    }

    private static bool TryHostPort(string text, bool tls, out string host, out int port)
    {
        port = tls ? UpstreamAddress.TlsPort : UpstreamAddress.DnsPort;
        if (AddressText.TrySplit(text, out host, out var portText))
        {
            return AddressText.TryPort(portText, out port) && port > 0 && host.Length > 0;
        }

        host = text.Trim('[', ']');
        return host.Length > 0;
    }

    private static ImmutableArray<IPEndPoint> Resolvers(DirectiveScope scope, OptionLine line)
    {
        scope.Count(line, 1, int.MaxValue, "expected at least one address or address:port");
        var servers = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var arg in line.Args)
        {
            var port = UpstreamAddress.DnsPort;
            // A scope is only supported for servers that are asked on behalf of clients.
            if (!arg.Text.Contains('%') && AddressText.TryServer(arg.Text, ref port, out var server))
            {
                servers.Add(new(server.Address, port));
            }
            else
            {
                scope.Error(line, "expected addresses or address:port");
            }
        }

        return servers.ToImmutable();
    }
}
