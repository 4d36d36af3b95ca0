using System.Text;
using NodeDns.Addresses;

namespace NodeDns.Corefile.Directives;

/// <summary>dnstap SOCKET [full] [WRITEBUFFER] [QUEUE] { identity, version, extra, skipverify }; may occur several
/// times.</summary>
internal static class DnstapReader
{
    private const string Expected = "expected the path of a collector's socket, unix:///PATH or tcp://HOST:PORT";

    /// <summary>sun_path's length, with the final zero (unix(7)).</summary>
    private const int LongestPath = 107;

    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        var args = scope.Head.Args;
        if (!scope.Count(scope.Head, 1, 4, $"{Expected}, then [full] [WRITEBUFFER] [QUEUE]"))
        {
            return block;
        }

        var dnstap = To(scope, args[0], new DnstapConfig { At = scope.At });
        if (args.Length > 1)
        {
            dnstap = dnstap with { Full = args[1].Text == "full" };
            if (!dnstap.Full)
            {
                scope.Warn(args[1], "has no effect: only full has a meaning there");
            }
        }

        if (args.Length > 2)
        {
            scope.Number(scope.Head, 2, 1, "the write buffer in MiB", 1, 1024);
        }

        if (args.Length > 3)
        {
            dnstap = dnstap with { Queue = Queue(scope, args[3]) };
        }

        foreach (var line in scope.Body)
        {
            dnstap = Option(scope, line, dnstap);
        }

        return block with { Dnstap = block.Dnstap.Add(dnstap) };
    }

    private static int Queue(DirectiveScope scope, Token token)
    {
        var queue = scope.Number(scope.Head, 3, 1, "the queue in units of 10000 messages", 1, 4096);
        if (queue > DnstapConfig.QueueMaximum)
        {
            scope.Warn(token, $"more than a node's cache has memory for: {DnstapConfig.QueueMaximum} MiB may wait");
        }

        return Math.Min(queue, DnstapConfig.QueueMaximum);
    }

    private static DnstapConfig To(DirectiveScope scope, Token token, DnstapConfig dnstap)
    {
        var text = token.Text;
        if (text == "listen")
        {
            scope.Error(token, $"{Expected}: collectors cannot connect to this server");
        }
        else if (text.StartsWith("tls://", StringComparison.Ordinal))
        {
            scope.Error(token, $"{Expected}: TLS is not supported, give the socket of a collector on the node, which may speak it");
        }
        else if (text.StartsWith("tcp://", StringComparison.Ordinal))
        {
            return OverTcp(scope, token, text["tcp://".Length..].TrimEnd('/'), dnstap);
        }
        else if ((text.StartsWith("unix://", StringComparison.Ordinal) ? text["unix://".Length..] : text) is { Length: > 0 } path
            && !path.Contains("://", StringComparison.Ordinal))
        {
            if (Encoding.UTF8.GetByteCount(path) > LongestPath)
            {
                scope.Error(token, $"expected a path of at most {LongestPath} octets, as the kernel has room for");
            }

            return dnstap with { Path = path };
        }
        else
        {
            scope.Error(token, Expected);
        }

        return dnstap;
    }

    private static DnstapConfig OverTcp(DirectiveScope scope, Token token, string server, DnstapConfig dnstap)
    {
        if (!AddressText.TrySplit(server, out var host, out var portText) || !AddressText.TryPort(portText, out var port) || port == 0)
        {
            scope.Error(token, Expected);
            return dnstap;
        }

        if (AddressText.TryAddress(host, out var address))
        {
            return dnstap with { To = new UpstreamAddress { Address = address, Port = port } };
        }

        if (!DomainName.TryNormalize(host, out var name))
        {
            scope.Error(token, Expected);
        }
        else if (scope.Options.Lookup is not { } lookup)
        {
            scope.Warn(token, "a host name, looked up once at start and at each reload; not looked up now");
        }
        else if (lookup(name, []) is [var first, ..])
        {
            return dnstap with { To = new UpstreamAddress { Address = first, Port = port } };
        }
        else
        {
            scope.Error(token, "expected a host name that has an address");
        }

        return dnstap;
    }

    private static DnstapConfig Option(DirectiveScope scope, OptionLine line, DnstapConfig dnstap)
    {
        switch (line.Name.Text)
        {
            case "identity" or "version" or "extra" when !scope.AtLeast(line, 1, "expected one text"):
                return dnstap;
            case "identity":
                return dnstap with { Identity = line.Args[0].Text };
            case "version":
                return dnstap with { Version = line.Args[0].Text };
            case "extra":
                if (line.Args[0].Text.Contains('{'))
                {
                    scope.Warn(line, "sent as it is: {placeholders} are not replaced here");
                }

                return dnstap with { Extra = line.Args[0].Text };
            case "skipverify":
                scope.NoArgs(line);
                scope.Warn(line, "has no effect: the connection has no TLS");
                return dnstap;
            default:
                scope.UnknownOption(line, "identity, version, extra, skipverify");
                return dnstap;
        }
    }
}
