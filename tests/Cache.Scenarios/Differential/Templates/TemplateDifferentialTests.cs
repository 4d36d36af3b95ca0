using System.Net;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Scenarios.Differential.Templates;

/// <summary>What CoreDNS and we make of the same templates.</summary>
public sealed class TemplateDifferentialTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    [Fact]
    public Task Templates_are_rendered_alike() => Compare(TemplateCases.Texts, text => $"{{{{ .Name }}}} 60 IN TXT [{text}]");

    [Fact]
    public Task Records_are_read_alike() => Compare(TemplateCases.Records, record => $"{{{{ .Name }}}} 60 IN {record}");

    /// <summary>Asks both servers for what each case's template makes.</summary>
    private static async Task Compare(string[] cases, Func<string, string> answer)
    {
        var folder = Directory.CreateTempSubdirectory("nodedns-templates-").FullName;
        try
        {
            var program = CoreDnsBinary.Unpack(folder);
            Assert.SkipWhen(program is null, "no coredns.tar.xz in CLUSTER_TOOLS: nothing to compare with");
            int[] ports = [Ports.Next(), Ports.Next()];
            string[] answers = [.. cases.Select(answer)];
            using var coreDns = await Start(program!, folder, ports[0], answers);
            using var ours = await Start("dotnet", folder, ports[1], answers,
                Path.Combine(AppContext.BaseDirectory, "node-dns-cache.dll"), "serve");
            var differences = new List<string>();
            for (var i = 0; i < cases.Length; i++)
            {
                var query = DnsMessage.Query($"Ip-10-0-7-255.t{i}.example.", "TXT", (ushort)(i + 1));
                var (there, here) = (Text(await coreDns.Ask(query, false, s_patience)), Text(await ours.Ask(query, false, s_patience)));
                if (there != here)
                {
                    differences.Add($"{cases[i]}\n    CoreDNS: {there}\n    ours: {here}");
                }
            }
            Assert.True(differences.Count == 0, string.Join('\n', differences));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<ServerProcess> Start(
        string program, string folder, int port, string[] answers, params string[] arguments)
    {
        var file = Path.Combine(folder, $"Corefile.{port}");
        var blocks = answers.Select((answer, i) => $$"""
            template IN TXT t{{i}}.example {
                match ^ip-(?P<a>\d+)-(\d+)-(\d+)-(?P<d>\d+)[.]
                answer "{{answer.Replace("\"", "\\\"", StringComparison.Ordinal)}}"
            }
            """);
        await File.WriteAllTextAsync(file, $".:{port} {{\nbind 127.0.0.1\n{string.Join('\n', blocks)}\ntemplate IN A\n}}\n");
        return await ServerProcess.Start(new IPEndPoint(IPAddress.Loopback, port), program, [.. arguments, "--conf", file]);
    }

    private static string Text(DnsMessage? reply) => reply is null ? "nothing"
        : $"{reply.RcodeText} {string.Join(' ', reply.Answer.Select(record => $"{record.Type} {record.Data}"))}";
}
