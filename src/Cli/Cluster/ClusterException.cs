using System.Net;

namespace NodeDns.Cli.Cluster;

/// <summary>Why an answer could not be had, as one sentence for whoever has asked; below it, where something can be done,
/// what.</summary>
internal sealed class ClusterException(string sentence, HttpStatusCode? status = null, string? remedy = null)
    : Exception(sentence)
{
    /// <summary>null when no answer came.</summary>
    public HttpStatusCode? Status { get; } = status;

    public string? Remedy { get; } = remedy;

    /// <summary>Of a list whose moment has passed (410): the token with which it goes on; else null.</summary>
    public string? Resume { get; init; }

    public bool IsForbidden => Status == HttpStatusCode.Forbidden;

    public bool IsNotFound => Status == HttpStatusCode.NotFound;
}
