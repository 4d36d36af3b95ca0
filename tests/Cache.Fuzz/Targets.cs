using NodeDns.Cache.Store;
using NodeDns.Cache.Upstream;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Fuzz;

/// <summary>The main path without sockets, fed with octets.</summary>
internal static class Targets
{
    internal delegate void Target(ReadOnlySpan<byte> octets);

    public static Target? Named(string name) => name switch
    {
        "query" => Query,
        "answer" => Answer,
        "stream" => StreamTarget.Run,
        "corefile" => TextTargets.Corefile,
        "hosts" => TextTargets.Hosts,
        "resolv-conf" => TextTargets.ResolvConf,
        "kube-dns" => TextTargets.KubeDns,
        "netlink" => NetlinkTarget.Run,
        "snapshot" => Snapshot,
        "handover" => Handover,
        _ => null,
    };

    private static readonly MainPath s_path = new();
    private static long s_asked;

    private static void Query(ReadOnlySpan<byte> octets)
    {
        s_path.Ask(octets);
        while (s_path.Held.TryDequeue(out var held))
        {
            held.Owner.OnFailure(UpstreamError.Stopped);
        }
    }

    /// <summary>The first octet chooses the zone and the type, the rest is the answer's flags, counts and records. Each time
    /// another name is asked, so that it is not in the cache.</summary>
    private static void Answer(ReadOnlySpan<byte> octets)
    {
        if (octets.Length < 10)
        {
            return;
        }

        var zone = (octets[0] % 3) switch { 0 => "example", 1 => "re.example", _ => "six.example" };
        var wireName = DnsName.ParseLower($"w{s_asked++}.{zone}");
        var query = new byte[DnsHeader.Length + wireName.Length + 4];
        DnsHeader.SetQdCount(query, 1);
        QuestionReader.Write(query.AsSpan(DnsHeader.Length), wireName, octets[0] < 128 ? Qtype.A : Qtype.AAAA, Qclass.IN);
        s_path.Ask(query);
        while (s_path.Held.TryDequeue(out var held))
        {
            var end = DnsHeader.Length + DnsName.LengthOf(held.Query.AsSpan(DnsHeader.Length)) + 4;
            byte[] answer = [.. held.Query.AsSpan(0, end), .. octets[9..]];
            octets.Slice(1, 2).CopyTo(answer.AsSpan(2));
            octets.Slice(3, 6).CopyTo(answer.AsSpan(6));
            answer[2] |= 0x80;
            held.Owner.OnAnswer(answer, default);
        }
        s_path.Ask(query);
        while (s_path.Held.TryDequeue(out var refresh))
        {
            refresh.Owner.OnFailure(UpstreamError.Stopped);
        }
    }

    private static void Snapshot(ReadOnlySpan<byte> octets)
    {
        using var store = new AnswerStore(CellArena.MinimumBytes);
        var scope = store.Scope("a");
        StoreSnapshot.Import(store, new MemoryStream(octets.ToArray()), 0, 0, new Dictionary<string, ushort> { ["a"] = scope });
        var key = new AnswerKey(DnsName.ParseLower("www.example"), Qtype.A, Qclass.IN, scope, 0);
        store.TryGet(key, new GetOptions(0), new byte[512], 29, out _);
    }

    /// <summary>What a process without privilege sends to the guard.</summary>
    private static void Handover(ReadOnlySpan<byte> octets)
    {
        if (HandoverMessage.Decode(octets) is not { } message)
        {
            return;
        }
        var wanted = message.EndPoints().ToList();
        if (wanted.Any(endPoint => ListenEndPoint.Parse(endPoint.ToString()) != endPoint))
        {
            throw new InvalidOperationException($"an endpoint that reads otherwise than it is written: {Convert.ToHexString(octets)}");
        }
        message.Sockets();
        _ = message.Numbers(HandoverTag.Turns).Count();
        HandoverVersion.Agree(HandoverVersion.Newest, message);
        if (!message.Encode().AsSpan().SequenceEqual(octets))
        {
            throw new InvalidOperationException($"a message that is written otherwise than it was read: {Convert.ToHexString(octets)}");
        }
    }
}
