using System.Net;

namespace NodeDns.Demo;

internal static class SampleCorefile
{
    /// <summary>The official node-local-dns Corefile's shape, on loopback.</summary>
    /// <returns>The path of the file.</returns>
    public static string Write(string folder, IPEndPoint upstream, int dnsPort, IPEndPoint metrics)
    {
        var path = Path.Combine(folder, "Corefile");
        File.WriteAllText(path, $$"""
            cluster.local:{{dnsPort}} {
                errors
                cache {
                    success 9984 30
                    denial 9984 5
                }
                bind 127.0.0.1
                forward . {{upstream}} {
                    force_tcp
                }
                prometheus {{metrics}}
            }
            .:{{dnsPort}} {
                errors
                cache 30
                bind 127.0.0.1
                forward . {{upstream}}
                prometheus {{metrics}}
            }

            """);
        return path;
    }
}
