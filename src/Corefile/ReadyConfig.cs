using NodeDns.Addresses;

namespace NodeDns.Corefile;

/// <summary>ready: GET /ready returns 200 once every step is ready.</summary>
public sealed record ReadyConfig : DirectiveConfig
{
    public static readonly ListenAddress AddressDefault = new(null, 8181);

    public ListenAddress Address { get; init; } = AddressDefault;

    /// <summary>monitor continuously: a step that was ready once is checked again.</summary>
    public bool Continuously { get; init; }
}
