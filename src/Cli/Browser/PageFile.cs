using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace NodeDns.Cli.Browser;

/// <summary>A file of the page, from this program itself.</summary>
internal sealed record PageFile(string Resource, string ContentType)
{
    /// <summary>Nothing but this server's own script, style and answers; text never becomes markup.</summary>
    public const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly Dictionary<string, PageFile> s_files = new()
    {
        [""] = new("console.html", "text/html; charset=utf-8"),
        ["console.css"] = new("console.css", "text/css; charset=utf-8"),
        ["console.js"] = new("console.js", "text/javascript; charset=utf-8"),
        ["plots.js"] = new("plots.js", "text/javascript; charset=utf-8"),
        ["icon.svg"] = new("icon.svg", "image/svg+xml"),
    };

    /// <returns>null when the page has no such file.</returns>
    public static PageFile? Find(string path) => s_files.GetValueOrDefault(path);

    /// <summary>Sets what every reply has.</summary>
    public static void Protect(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    public async Task WriteAsync(HttpContext context)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)!;
        context.Response.ContentType = ContentType;
        context.Response.ContentLength = stream.Length;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await stream.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }
}
