using System.Globalization;
using System.Net;
using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Scenarios;

/// <summary>Reads the words of an `ask` step.</summary>
internal static class Question
{
    public static (DnsMessage Query, bool OverTcp, IPAddress? From) Read(string[] words)
    {
        var at = 1;
        IPAddress? from = null;
        if (words[at] == "from")
        {
            from = IPAddress.Parse(words[at + 1]);
            at += 2;
        }
        var overTcp = words[at] == "tcp";
        if (words[at] is "tcp" or "udp")
        {
            at++;
        }
        var query = DnsMessage.Query(words[at], words[at + 1]);
        var (bufsize, @do, version) = (-1, false, 0);
        for (at += 2; at < words.Length; at++)
        {
            switch (words[at])
            {
                case "do": @do = true; break;
                case "cd": query.Cd = true; break;
                case "ad": query.Ad = true; break;
                case "nord": query.Rd = false; break;
                case "bufsize": bufsize = Number(words[++at]); break;
                case "edns-version": version = Number(words[++at]); break;
                case "opcode": query.Opcode = Number(words[++at]); break;
                case "class": query.Question = query.Question! with { Class = DnsTypes.ClassOf(words[++at]) }; break;
                default: throw new FormatException($"unknown word in ask: {words[at]}");
            }
        }
        if (bufsize >= 0 || @do || version > 0)
        {
            query.Edns = new DnsEdns((ushort)(bufsize >= 0 ? bufsize : 1232), @do, (byte)version);
        }
        return (query, overTcp, from);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
