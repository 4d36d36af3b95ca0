using System.Net;

namespace NodeDns.Addresses;

/// <summary>An address, and the link it is on if the address is link-local: <c>fe80::53%eth0</c> (RFC 4007 section
/// 11).</summary>
/// <param name="Scope">Name or index of a link; null for an address that is not link-local.</param>
public readonly record struct ScopedAddress(IPAddress Address, string? Scope)
{
    /// <summary>The address is link-local but no link was given, so nothing can be sent to it.</summary>
    public bool LacksScope => Address.IsIPv6LinkLocal && Scope is null;

    public override string ToString() => Scope is null ? Address.ToString() : $"{Address}%{Scope}";
}
