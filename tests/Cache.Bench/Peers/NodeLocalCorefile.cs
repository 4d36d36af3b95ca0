using NodeDns.Bench.Lab;

namespace NodeDns.Bench.Peers;

/// <summary>The Corefile of the official nodelocaldns manifest on other ports, the same text for node-cache and for us.
/// One number differs: success entries may live 3600 s instead of 30, so that a hit stays one through a slice. One zone is
/// added, whose upstream never answers.</summary>
internal static class NodeLocalCorefile
{
    /// <param name="allFeatures">Adds prefetch and serve_stale and room for 20,000 answers, for the memory figure.</param>
    /// <param name="everyName">Answers of the last zone may fill the memory, for the figure of many names.</param>
    public static string Text(int port, int metrics, int health, bool allFeatures = false, bool everyName = false)
    {
        var rest = everyName ? "{\n        success 9999999 3600\n        denial 9984 5\n    }" : "3600";
        var more = allFeatures ? "prefetch 2 1m 10%\n        serve_stale 1h immediate" : "";
        var success = allFeatures ? 20000 : 9984;
        return $$"""
            cluster.local:{{port}} {
                errors
                cache {
                    success {{success}} 3600
                    denial 9984 5
                    {{more}}
                }
                reload
                loop
                bind 127.0.0.1
                forward . 127.0.0.1:{{Ports.ClusterDns}} {
                    force_tcp
                }
                prometheus 127.0.0.1:{{metrics}}
                health 127.0.0.1:{{health}}
            }
            in-addr.arpa:{{port}} ip6.arpa:{{port}} {
                errors
                cache 30
                reload
                loop
                bind 127.0.0.1
                forward . 127.0.0.1:{{Ports.ClusterDns}} {
                    force_tcp
                }
                prometheus 127.0.0.1:{{metrics}}
            }
            hole.example:{{port}} {
                errors
                cache 30
                reload
                loop
                bind 127.0.0.1
                forward . 127.0.0.1:{{Ports.Hole}}
                prometheus 127.0.0.1:{{metrics}}
            }
            .:{{port}} {
                errors
                cache {{rest}}
                reload
                loop
                bind 127.0.0.1
                forward . 127.0.0.1:{{Ports.Stub}}
                prometheus 127.0.0.1:{{metrics}}
            }
            """ + "\n";
    }

    /// <summary>Cluster DNS itself: every name below cluster.local has one A and one AAAA record.</summary>
    public static string ClusterDns(int port) => $$$"""
        cluster.local:{{{port}}} {
            bind 127.0.0.1
            template IN A cluster.local {
                answer "{{ .Name }} 3600 IN A 10.96.1.2"
            }
            template IN AAAA cluster.local {
                answer "{{ .Name }} 3600 IN AAAA fd00:10:96::12"
            }
        }
        """ + "\n";
}
