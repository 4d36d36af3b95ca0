using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace NodeDns.Telemetry;

/// <summary>Who may read a page, how often, and what stands in its replies: basic authentication (RFC 7617), a limit of
/// requests and further fields, as Prometheus's exporters have them.</summary>
/// <remarks>Belongs to the endpoint's thread, but for <see cref="IsRight"/>.</remarks>
/// <param name="fields">Whole lines of the reply's head.</param>
/// <param name="users">Names, and bcrypt hashes of their passwords. Empty: everybody may.</param>
/// <param name="intervalMs">What a request costs; 0: no limit.</param>
/// <param name="burst">Requests that may come at once.</param>
public sealed class HttpAccess(string fields, IReadOnlyDictionary<string, string> users, long intervalMs, int burst)
{
    /// <summary>More than there are scrapers; beyond it passwords are looked at anew.</summary>
    private const int RememberedMaximum = 100;

    private readonly int _highestCost = users.Values.Select(Cost).DefaultIfEmpty().Max();

    /// <summary>Salt and hash of no password.</summary>
    private readonly string _nobodys = '$' + RandomNumberGenerator.GetString(
        "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 53);

    private readonly HashSet<string> _remembered = [];
    private long _spentUntilMs = long.MinValue;

    public string Fields => fields;

    /// <returns>false when there have been too many requests.</returns>
    public bool Enter(long nowMs)
    {
        if (intervalMs == 0)
        {
            return true;
        }
        // Each request adds its cost to the time until which all is spent; a burst may lie in the future.
        var spent = Math.Max(_spentUntilMs, nowMs) + intervalMs;
        if (spent > nowMs + burst * intervalMs)
        {
            return false;
        }

        _spentUntilMs = spent;
        return true;
    }

    /// <summary>Whether this field of a request needs no look at its password: nobody is asked, or it was right before.
    /// </summary>
    public bool IsKnown(string? authorization) =>
        users.Count == 0 || (authorization is not null && _remembered.Contains(authorization));

    /// <summary>Spares the next request of the same user bcrypt's work.</summary>
    public void Remember(string authorization)
    {
        if (_remembered.Count >= RememberedMaximum)
        {
            _remembered.Clear();
        }

        _remembered.Add(authorization);
    }

    /// <summary>Compares a password with its hash, which takes 50 ms and more by design: not for a loop's thread.</summary>
    public bool IsRight(string authorization)
    {
        const string Scheme = "Basic ";
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var octets = new byte[authorization.Length];
        if (!Convert.TryFromBase64String(authorization[Scheme.Length..], octets, out var length))
        {
            return false;
        }

        var text = Encoding.UTF8.GetString(octets, 0, length);
        var colon = text.IndexOf(':');
        if (colon < 0)
        {
            return false;
        }

        var user = text[..colon];
        var isRight = false;
        foreach (var hash in HashesFor(user))
        {
            isRight = BCrypt.Net.BCrypt.Verify(text[(colon + 1)..], hash);
        }

        return isRight && users.ContainsKey(user);
    }

    /// <summary>The hashes that a password is compared with, the user's own last. Each user takes as long as the one of the
    /// highest cost, and as long as an unknown one, or the time would tell who is known: a cost doubles the rounds of the one
    /// below it, so all from the user's own up to the highest make up for what is missing.</summary>
    internal IEnumerable<string> HashesFor(string user)
    {
        if (!users.TryGetValue(user, out var own))
        {
            yield return Nobodys(_highestCost);
            yield break;
        }
        for (var cost = Cost(own); cost < _highestCost; cost++)
        {
            yield return Nobodys(cost);
        }

        yield return own;
    }

    private string Nobodys(int cost) => string.Create(CultureInfo.InvariantCulture, $"$2b${cost:00}{_nobodys}");

    /// <summary>The logarithm of the rounds: the 10 of $2b$10$.</summary>
    internal static int Cost(string hash) => int.Parse(hash.AsSpan(4, 2), NumberStyles.None, CultureInfo.InvariantCulture);
}
