using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace NodeDns.Cli.Browser;

/// <summary>Who is let in: a browser that was given the address with the token, and that asks for this machine by its own
/// name. A page from elsewhere has no token; one whose name is made to point here (DNS rebinding) has another host.</summary>
internal sealed class Gate(int port)
{
    /// <summary>256 bits.</summary>
    private readonly byte[] _token = Encoding.ASCII.GetBytes(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    public string Host => $"127.0.0.1:{port}";

    public string Token => Encoding.ASCII.GetString(_token);

    /// <param name="request">The request.</param>
    /// <param name="path">What is asked for, below the token.</param>
    /// <returns>null when it is let in.</returns>
    public (int Status, string Sentence)? Judge(HttpRequest request, out string path)
    {
        path = "";
        if (request.Host.Value != Host && request.Host.Value != $"localhost:{port}")
        {
            return (StatusCodes.Status403Forbidden, $"this page is at http://{Host} only");
        }

        if (request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site")
        {
            return (StatusCodes.Status403Forbidden, "no other page may ask for this one");
        }

        var asked = request.Path.Value ?? "";
        var end = asked.IndexOf('/', Math.Min(1, asked.Length));
        var token = end < 0 ? "" : asked[1..end];
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), _token))
        {
            return (StatusCodes.Status404NotFound, "there is no such page: open the address that kubectl nodedns console printed");
        }

        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            return (StatusCodes.Status405MethodNotAllowed, "this page changes nothing");
        }

        path = asked[(end + 1)..];
        return null;
    }
}
