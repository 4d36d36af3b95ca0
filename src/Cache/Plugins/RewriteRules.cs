using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Go;

namespace NodeDns.Cache.Plugins;

/// <summary>rewrite: changes a question, and records how to change its reply back.</summary>
/// <remarks>Rules are tried in the order of the file. Each sees what the earlier ones have made of the question, and
/// the first that applies ends the search unless it says continue. There are two results: EDNS options, which are part
/// of an answer's key and needed at every lookup, and a rewritten question, which only a miss needs. All workers share
/// one object.</remarks>
internal sealed class RewriteRules
{
    /// <summary>With rules about more option codes than this, a lookup allocates.</summary>
    private const int CodesOnStack = 16;

    private readonly RewriteConfig _config;
    private readonly ushort[] _codes;
    private readonly int _roomForOptions;

    // One for each rule; null where it does not change the name and go on.
    private readonly RenamedNames?[] _renamed;

    public RewriteRules(RewriteConfig config)
    {
        _config = config;
        var options = config.Rules.OfType<RewriteEdns0Rule>().ToList();
        _codes = [.. options.Select(rule => rule.Code).Distinct()];
        _roomForOptions = options.Sum(SentOptions.RoomFor);
        _renamed = [.. config.Rules.Select(rule =>
            rule is RewriteNameRule { Continue: true } name ? new RenamedNames(name) : null)];
    }

    /// <summary>The size of the buffer that <see cref="WriteOptions"/> needs for a query of this length; 0 when no rule
    /// is about options.</summary>
    public int RoomForOptions(int queryLength) => SendsOptions ? queryLength + _roomForOptions : 0;

    /// <summary>Whether a rule is about EDNS options.</summary>
    public bool SendsOptions => _codes.Length > 0;

    /// <summary>Writes the options for the OPT record that is sent upstream: code, length and data of each. Allocates
    /// nothing for a name that was asked before.</summary>
    /// <param name="room">A buffer of the size that <see cref="RoomForOptions"/> returned.</param>
    public ReadOnlySpan<byte> WriteOptions(in PluginQuery query, Span<byte> room)
    {
        RewrittenQuestion? none = null;
        return room[..Run(query, room, isQuestionWanted: false, ref none)];
    }

    /// <summary>Applies the rules to a question that missed the cache.</summary>
    /// <returns>null when no rule changes the question or its reply.</returns>
    public RewrittenQuestion? TryRewrite(in PluginQuery query)
    {
        RewrittenQuestion? result = null;
        Run(query, new byte[RoomForOptions(query.Message.Length)], isQuestionWanted: true, ref result);
        return result;
    }

    /// <returns>Octets of the options.</returns>
    private int Run(in PluginQuery query, Span<byte> room, bool isQuestionWanted, ref RewrittenQuestion? result)
    {
        Span<bool> changed = stackalloc bool[CodesOnStack];
        changed = _codes.Length <= CodesOnStack ? changed[.._codes.Length] : new bool[_codes.Length];
        changed.Clear();
        var options = room.IsEmpty ? default : new SentOptions(query, room, _codes, changed);
        Span<char> text = stackalloc char[DnsName.MaxTextLength];
        ReadOnlySpan<char> name = text[..DnsName.WriteText(query.Name, text)];
        var type = query.Type;
        var qclass = query.Class;
        for (var i = 0; i < _config.Rules.Length; i++)
        {
            var rule = _config.Rules[i];
            switch (rule)
            {
                case RewriteNameRule nameRule when nameRule.Match.Matches(name):
                    if (!isQuestionWanted)
                    {
                        if (!rule.Continue)
                        {
                            return options.Finish();
                        }
                        if (_renamed[i]!.Of(name) is not { } renamed)
                        {
                            return 0;
                        }
                        renamed.CopyTo(text);
                        name = text[..renamed.Length];
                        break;
                    }
                    var from = name.ToString();
                    var question = result ??= new RewrittenQuestion(query);
                    question.SetName(Replace(nameRule.Match, nameRule.To, from)!, nameRule, from);
                    if (question.IsInvalid)
                    {
                        return 0;
                    }
                    name = text[..DnsName.WriteText(question.Name, text)];
                    break;
                case RewriteTypeRule typeRule when typeRule.From == (ushort)type:
                    type = (Qtype)typeRule.To;
                    Question(query, isQuestionWanted, ref result)?.Type = type;
                    break;
                case RewriteClassRule classRule when classRule.From == (ushort)qclass:
                    qclass = (Qclass)classRule.To;
                    Question(query, isQuestionWanted, ref result)?.Class = qclass;
                    break;
                case RewriteTtlRule ttl when ttl.Match.Matches(name):
                    Question(query, isQuestionWanted, ref result)?.ReplyRules.Add(
                        new TtlReplyRule(ttl.MinTtlSeconds, ttl.MaxTtlSeconds));
                    break;
                case RewriteRcodeRule rcode when rcode.Match.Matches(name):
                    Question(query, isQuestionWanted, ref result)?.ReplyRules.Add(
                        new RcodeReplyRule((Rcode)rcode.From, (Rcode)rcode.To));
                    break;
                case RewriteCnameRule cname:
                    Question(query, isQuestionWanted, ref result)?.CnameRules.Add(cname);
                    break;
                case RewriteEdns0Rule edns when options.Apply(edns, query):
                    break;
                default:
                    continue;
            }
            if (!rule.Continue)
            {
                break;
            }
        }
        return options.Finish();
    }

    private static RewrittenQuestion? Question(in PluginQuery query, bool isWanted, ref RewrittenQuestion? question) =>
        isWanted ? question ??= new RewrittenQuestion(query) : null;

    /// <summary>Replaces the matched part of the name; null when it does not match.</summary>
    internal static string? Replace(NameMatch match, string to, string name)
    {
        if (match.Kind == NameMatchKind.Regex)
        {
            return match.Pattern!.Regex.Match(name) is { Success: true } found ? GoPattern.Substitute(to, found) : null;
        }

        if (!match.Matches(name))
        {
            return null;
        }

        return match.Kind switch
        {
            NameMatchKind.Prefix => to + name[match.Text.Length..],
            NameMatchKind.Suffix => name[..^match.Text.Length] + to,
            NameMatchKind.Substring => name.Replace(match.Text, to, StringComparison.Ordinal),
            _ => to,
        };
    }
}
