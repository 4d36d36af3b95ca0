namespace NodeDns.Corefile;

/// <summary>ready: GET /ready answers 200 once every step can work.</summary>
public sealed record ReadyConfig : DirectiveConfig
{
    public static readonly ListenAddress AddressDefault = new(null, 8181);

    public ListenAddress Address { get; init; } = AddressDefault;

    /// <summary>monitor continuously: a step that was ready once is asked again.</summary>
    public bool Continuously { get; init; }
}
