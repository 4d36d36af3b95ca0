namespace NodeDns.Corefile;

/// <summary>health: GET /health answers 200 as long as the process lives.</summary>
public sealed record HealthConfig : DirectiveConfig
{
    public static readonly ListenAddress AddressDefault = new(null, 8080);

    public ListenAddress Address { get; init; } = AddressDefault;

    /// <summary>After a stop was asked for, how long the server goes on answering.</summary>
    public TimeSpan Lameduck { get; init; }
}
