using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

// The least that a webhook on Kestrel can be: the same TLS, the same body read, a constant answered.
// Usage: webhook-floor PORT CERTIFICATE KEY ANSWER-FILE; GET /allocated tells the bytes allocated so far.
var port = int.Parse(args[0]);
var answer = File.ReadAllBytes(args[3]);
using var leaf = X509Certificate2.CreateFromPemFile(args[1], args[2]);
var certificate = SslStreamCertificateContext.Create(leaf, null, offline: true);

var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
    {
        OnConnection = _ =>
            ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate }),
    }));
});
await using var app = builder.Build();
app.Run(async context =>
{
    if (HttpMethods.IsGet(context.Request.Method))
    {
        await context.Response.WriteAsync(GC.GetTotalAllocatedBytes().ToString());
        return;
    }
    var body = ArrayPool<byte>.Shared.Rent((int)(context.Request.ContentLength ?? 65536));
    var length = 0;
    while (true)
    {
        var read = await context.Request.BodyReader.ReadAsync();
        read.Buffer.CopyTo(body.AsSpan(length));
        length += (int)read.Buffer.Length;
        context.Request.BodyReader.AdvanceTo(read.Buffer.End);
        if (read.IsCompleted)
        {
            break;
        }
    }
    ArrayPool<byte>.Shared.Return(body);
    context.Response.ContentType = "application/json";
    context.Response.ContentLength = answer.Length;
    context.Response.BodyWriter.Write(answer);
});
await app.RunAsync();
