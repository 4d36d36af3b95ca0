using NodeDns.Addresses;

namespace NodeDns.Corefile;

/// <summary>health: GET /health returns 200 as long as the process lives.</summary>
public sealed record HealthConfig : DirectiveConfig
{
    public static readonly ListenAddress AddressDefault = new(null, 8080);

    public ListenAddress Address { get; init; } = AddressDefault;

    /// <summary>How long the server goes on answering after it was told to stop.</summary>
    public TimeSpan Lameduck { get; init; }
}
