using System.Net;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>The official node-local-dns Corefile with its variables filled, on loopback ports.</summary>
internal static class NodeLocalCorefile
{
    public static string Text(IPEndPoint listen, IPEndPoint upstream, int metricsPort, int healthPort)
    {
        string Block(string zone, string cache, string forward, string health = "") => $$"""
            {{zone}}:{{listen.Port}} {
                errors
                {{cache}}
                reload
                loop
                bind {{listen.Address}}
                forward . {{upstream}}{{forward}}
                prometheus 127.0.0.1:{{metricsPort}}
                {{health}}
            }

            """;
        const string ForceTcp = " {\n        force_tcp\n    }";
        return Block("cluster.local", "cache {\n        success 9984 30\n        denial 9984 5\n    }", ForceTcp,
                $"health 127.0.0.1:{healthPort}")
            + Block("in-addr.arpa", "cache 30", ForceTcp)
            + Block("ip6.arpa", "cache 30", ForceTcp)
            + Block(".", "cache 30", "");
    }
}
