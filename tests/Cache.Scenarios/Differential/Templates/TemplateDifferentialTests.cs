using System.Net;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Scenarios.Differential.Templates;

/// <summary>What CoreDNS and we make of the same templates.</summary>
public sealed class TemplateDifferentialTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>Each goes into a TXT record about ip-10-0-7-255.example.</summary>
    private static readonly string[] Texts =
    [
        "{{ .Name }} {{ .Zone }} {{ .Class }} {{ .Type }} {{ .Regex }}", "{{ .Question.Name }}",
        "{{ .Question.Qtype }} {{ .Question.Qclass }}",
        "{{ .Message.RecursionDesired }} {{ .Message.MsgHdr.CheckingDisabled }} {{ .Message.Opcode }} {{ .Message.Rcode }}",
        "{{ (index .Message.Question 0).Name }}", "{{ .Match }}", "{{ .Group }}", "{{ .Group.none }}",
        "{{ index .Group `none` }}", "{{ index .Match 2 }}", "{{ index .Match 9 }}", "{{ index .Name 0 }}",
        "{{ len .Match }} {{ len .Name }} {{ len .Group }}", "{{ if eq .Type `TXT` }}a{{ else }}b{{ end }}",
        "{{ if ne .Type `TXT` }}a{{ end }}", "{{ if and 1 `` .Name }}a{{ else }}b{{ end }}",
        "{{ and 1 0 2 }} {{ or 0 `` 3 4 }} {{ not `` }}", "{{ with .Group.a }}[{{ . }}]{{ else }}none{{ end }}",
        "{{ with .Group.none }}[{{ . }}]{{ else }}none{{ end }}",
        "{{ with index .Group `none` }}x{{ else with .Zone }}{{ . }}{{ end }}", "{{ range .Match }}<{{ . }}>{{ end }}",
        "{{ range $i, $m := .Match }}{{ $i }}:{{ $m }},{{ end }}",
        "{{ range $k, $v := .Group }}{{ $k }}={{ $v }},{{ end }}",
        "{{ range $m := .Match }}{{ if eq $m `10` }}{{ continue }}{{ end }}{{ $m }}.{{ end }}",
        "{{ range .Match }}{{ . }}{{ break }}{{ end }}", "{{ range 3 }}{{ . }}{{ else }}none{{ end }}",
        "{{ range 0 }}x{{ else }}none{{ end }}", "{{ range .Name }}x{{ end }}",
        "{{ $x := .Zone }}{{ $x }}{{ $x = `b` }}{{ $x }}", "{{ if $x := .Group.a }}{{ $x }}{{ end }}", "{{ $.Zone }}",
        "{{ with .Name }}{{ $.Zone }}{{ end }}", "{{ with .Name }}{{ .Zone }}{{ end }}",
        "{{ parseInt `ff` 16 8 }} {{ parseInt .Group.d 10 64 }}", "{{ parseInt `ff` 16 4 }}",
        "{{ parseInt `zz` 10 8 }}", "{{ parseInt `0x1f` 0 0 }}", "{{ parseInt `-1` 10 8 }}", "{{ parseInt `` 10 8 }}",
        "{{ eq (parseInt `10` 10 8) 10 }}", "{{ lt (parseInt .Group.d 10 16) 256 }}",
        "{{ eq 1 2 1 }} {{ eq `a` `b` }} {{ ne 1 2 }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt `b` `a` }} {{ ge 1 2 }}",
        "{{ eq 1 `1` }}", "{{ lt true false }}", "{{ eq true true }}",
        "{{ printf `%d-%03d-%x-%X-%o-%b-%c` 5 7 255 255 8 5 65 }}",
        "{{ printf `%s|%5s|%-5s|%.2s|%x` `abc` `abc` `abc` `abc` `abc` }}", "{{ printf `%v %v %v` 1 `a` true }}",
        "{{ printf `%v` .Match }}", "{{ printf `%5d|%-5d|%+d|% d|%05d` 42 42 42 42 -42 }}", "{{ printf `%d` `a` }}",
        "{{ printf `%s %s` `a` }}", "{{ printf `%s` `a` `b` }}", "{{ printf `%t` true }}", "{{ printf `100%%` }}",
        "{{ printf `%#x %#o` 255 8 }}", "{{ print 1 2 `a` 3 }}", "{{ print `a` 1 2 }}", "{{ print .Name .Zone }}",
        "{{ .Group.a | printf `%s-%s` `x` }}", "{{ .Name | len | printf `%d` }}",
        "{{ slice .Name 3 5 }} {{ slice .Match 1 3 }} {{ slice .Name 2 }}", "{{ slice .Name 5 3 }}",
        "{{ slice .Name 0 999 }}", "{{ 0x1F }} {{ 1_000 }} {{ 017 }} {{ 0b11 }} {{ 'a' }} {{ -5 }} {{ +5 }}",
        "{{ true }} {{ false }}", "a  {{- `b` -}}  c", "a{{/* x */}}b", "a {{- /* x */ -}} b", "{{ `}}` }}{{ `{{` }}",
        "{{ (.Name) }}", "{{ ((len .Match)) }}", "{{ .Meta `some/name` }}x", "{{ if not .Group.none }}y{{ end }}",
        "{{ len 3 }}", "{{ index .Match `a` }}", "{{ .Remote }}", "{{ with $x := 5 }}{{ $x }}{{ . }}{{ end }}",
        "{{ if 0 }}a{{ else if `` }}b{{ else if 1 }}c{{ end }}",
        "{{ range $i, $e := .Match }}{{ range $.Match }}{{ $i }}{{ break }}{{ end }}{{ end }}", "{{ println 1 `a` }}x",
        "a\\046b",
    ];

    [Fact]
    public async Task Templates_are_rendered_alike()
    {
        var folder = Directory.CreateTempSubdirectory("nodedns-templates-").FullName;
        try
        {
            var program = CoreDnsBinary.Unpack(folder);
            Assert.SkipWhen(program is null, "no coredns.tar.xz in CLUSTER_TOOLS: nothing to compare with");
            var ports = FreePorts.Take(2);
            using var coreDns = await Start(program!, folder, ports[0]);
            using var ours = await Start("dotnet", folder, ports[1],
                Path.Combine(AppContext.BaseDirectory, "node-dns-cache.dll"), "serve");
            var differences = new List<string>();
            for (var i = 0; i < Texts.Length; i++)
            {
                var query = DnsMessage.Query($"Ip-10-0-7-255.t{i}.example.", "TXT", (ushort)(i + 1));
                var (there, here) = (Text(await coreDns.Ask(query, false, Patience)), Text(await ours.Ask(query, false, Patience)));
                if (there != here)
                {
                    differences.Add($"{Texts[i]}\n    CoreDNS: {there}\n    ours: {here}");
                }
            }
            Assert.True(differences.Count == 0, string.Join('\n', differences));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<ServerProcess> Start(string program, string folder, int port, params string[] arguments)
    {
        var file = Path.Combine(folder, $"Corefile.{port}");
        var blocks = Texts.Select((text, i) => $$"""
            template IN TXT t{{i}}.example {
                match ^ip-(?P<a>\d+)-(\d+)-(\d+)-(?P<d>\d+)[.]
                answer "{{"{{ .Name }}"}} 60 IN TXT [{{text.Replace("\"", "\\\"", StringComparison.Ordinal)}}]"
            }
            """);
        await File.WriteAllTextAsync(file, $".:{port} {{\nbind 127.0.0.1\n{string.Join('\n', blocks)}\ntemplate IN A\n}}\n");
        return await ServerProcess.Start(new IPEndPoint(IPAddress.Loopback, port), program, [.. arguments, "--conf", file]);
    }

    private static string Text(DnsMessage? reply) =>
        reply is null ? "nothing" : $"{reply.RcodeText} {string.Join(' ', reply.Answer.Select(record => record.Data))}";
}
