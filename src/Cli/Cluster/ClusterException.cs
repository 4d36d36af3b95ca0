using System.Net;

namespace NodeDns.Cli.Cluster;

/// <summary>Why a request failed, as one sentence for the user, and below that the remedy if there is one.</summary>
internal sealed class ClusterException(string sentence, HttpStatusCode? status = null, string? remedy = null)
    : Exception(sentence)
{
    /// <summary>null when there was no answer.</summary>
    public HttpStatusCode? Status { get; } = status;

    public string? Remedy { get; } = remedy;

    /// <summary>If a list has expired (410), the token for continuing it; otherwise null.</summary>
    public string? Resume { get; init; }

    public bool IsForbidden => Status == HttpStatusCode.Forbidden;

    public bool IsNotFound => Status == HttpStatusCode.NotFound;
}
