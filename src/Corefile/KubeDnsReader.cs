using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using NodeDns.Addresses;

namespace NodeDns.Corefile;

/// <summary>Reads the kube-dns ConfigMap in the form in which it is mounted: a directory with one file for each
/// key.</summary>
/// <remarks>Keys other than stubDomains and upstreamNameservers (federations) are ignored. Every valid entry is used,
/// while node-cache drops the whole ConfigMap for one mistake.</remarks>
public static class KubeDnsReader
{
    public const string StubDomainsKey = "stubDomains";
    public const string UpstreamNameserversKey = "upstreamNameservers";

    internal const string NoServer = "expected at least one server: the domain is left out";


    /// <param name="directory">The directory, for positions in messages.</param>
    /// <param name="files">The text of each file, by name.</param>
    public static (KubeDnsConfig Config, ImmutableArray<CorefileProblem> Problems) Read(
        string directory, IReadOnlyDictionary<string, string> files)
    {
        var problems = new ProblemList();
        var stubs = new List<StubDomain>();
        var upstreams = new List<string>();
        foreach (var (domain, servers) in Map(directory, StubDomainsKey, files, problems))
        {
            StubDomain(domain, servers, stubs, problems);
        }

        foreach (var server in List(directory, UpstreamNameserversKey, files, problems))
        {
            if (!TryServer(server.Text, out _))
            {
                problems.Error(server.At, UpstreamNameserversKey, server.Text, Expected(server.Text));
            }
            else if (upstreams.Count == KubeDnsConfig.UpstreamNameserversMaximum)
            {
                problems.Error(server.At, UpstreamNameserversKey, server.Text,
                    $"expected at most {KubeDnsConfig.UpstreamNameserversMaximum} servers: the first ones apply");
            }
            else
            {
                upstreams.Add(server.Text);
            }
        }

        var config = new KubeDnsConfig { StubDomains = [.. stubs], UpstreamNameservers = [.. upstreams] };
        return (config, problems.Errors);
    }

    private static void StubDomain(Token domain, List<Token> servers, List<StubDomain> stubs, ProblemList problems)
    {
        if (!IsSubdomain(domain.Text) || !DomainName.TryNormalize(domain.Text, out var name))
        {
            problems.Error(domain.At, StubDomainsKey, domain.Text,
                "expected a domain in lower case, labels of letters, digits and hyphens");
            return;
        }

        var good = ImmutableArray.CreateBuilder<UpstreamAddress>();
        foreach (var server in servers)
        {
            if (!TryServer(server.Text, out var address))
            {
                problems.Error(server.At, StubDomainsKey, $"{domain.Text}: {server.Text}",
                    Expected(server.Text));
            }
            else if (good.Count == ForwardConfig.ToMaximum)
            {
                problems.Error(server.At, StubDomainsKey, $"{domain.Text}: {server.Text}",
                    $"expected at most {ForwardConfig.ToMaximum} servers: the first ones apply");
            }
            else if (!good.Contains(address))
            {
                good.Add(address);
            }
        }

        if (good.Count == 0)
        {
            problems.Error(domain.At, StubDomainsKey, domain.Text, NoServer);
        }
        else if (stubs.Exists(stub => stub.Domain == name))
        {
            problems.Error(domain.At, StubDomainsKey, domain.Text, "expected once: the first one applies");
        }
        else
        {
            stubs.Add(new(name, good.ToImmutable(), domain.At));
        }
    }

    /// <summary>RFC 1123 section 2.1, as Kubernetes checks it.</summary>
    private static bool IsSubdomain(string text) =>
        text.Length is > 0 and <= 253 && text.Split('.').All(label => label.Length > 0 && label[0] != '-'
            && label[^1] != '-' && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'));

    internal static bool TryServer(string text, out UpstreamAddress server)
    {
        server = null!;
        var port = UpstreamAddress.DnsPort;
        if (!AddressText.TryServer(text, ref port, out var address) || address.LacksScope)
        {
            return false;
        }

        server = new() { Address = address.Address, Scope = address.Scope, Port = port };
        return true;
    }

    private static string Expected(string server)
    {
        var port = UpstreamAddress.DnsPort;
        return AddressText.TryServer(server, ref port, out var address) && address.LacksScope
            ? $"expected its interface too, as in {address}%eth0"
            : "expected an address or address:port";
    }

    private static List<(Token Domain, List<Token> Servers)> Map(
        string directory, string key, IReadOnlyDictionary<string, string> files, ProblemList problems)
    {
        var map = new List<(Token, List<Token>)>();
        Walk(directory, key, files, problems, (token, isName) =>
        {
            if (isName)
            {
                map.Add((token, []));
            }
            else if (map.Count > 0)
            {
                map[^1].Item2.Add(token);
            }
        }, isMap: true);
        return map;
    }

    private static List<Token> List(
        string directory, string key, IReadOnlyDictionary<string, string> files, ProblemList problems)
    {
        var list = new List<Token>();
        Walk(directory, key, files, problems, (token, _) => list.Add(token), isMap: false);
        return list;
    }

    /// <summary>Passes on every string with its line. Anything that is neither a name nor a string in the right place
    /// is an error.</summary>
    private static void Walk(string directory, string key, IReadOnlyDictionary<string, string> files,
        ProblemList problems, Action<Token, bool> found, bool isMap)
    {
        if (!files.TryGetValue(key, out var text) || string.IsNullOrWhiteSpace(text))
        {
            return;
        }

        var file = Path.Combine(directory, key);
        var expected = isMap
            ? "expected JSON such as {\"example.org\": [\"10.0.0.53\"]}"
            : "expected JSON such as [\"10.0.0.53\", \"10.0.0.54:5353\"]";
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes);
        var arrayDepth = isMap ? 1 : 0;
        try
        {
            while (reader.Read())
            {
                var at = new SourceLine(file, 1 + bytes.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n'));
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName when isMap && reader.CurrentDepth == 1:
                        found(new(reader.GetString() ?? "", at), true);
                        break;
                    case JsonTokenType.String when reader.CurrentDepth == arrayDepth + 1:
                        found(new(reader.GetString() ?? "", at), false);
                        break;
                    case JsonTokenType.StartObject or JsonTokenType.EndObject when isMap && reader.CurrentDepth == 0:
                    case JsonTokenType.StartArray or JsonTokenType.EndArray when reader.CurrentDepth == arrayDepth:
                    case JsonTokenType.Null when reader.CurrentDepth == 0:
                        break;
                    default:
                        problems.Error(at, key, Encoding.UTF8.GetString(reader.ValueSpan), expected);
                        reader.TrySkip();
                        break;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            var line = e is JsonException { LineNumber: { } number } ? (int)number + 1 : 1;
            problems.Error(new(file, line), key, "(not JSON)", expected);
        }
    }
}
