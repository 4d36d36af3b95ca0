using System.Net;

namespace NodeDns.Dns.Records;

/// <summary>An address and, where it means nothing without one, the link it is on: <c>fe80::53%eth0</c> (RFC 4007 section
/// 11).</summary>
/// <param name="Scope">Name or number of a link; null for addresses that are not link-local.</param>
public readonly record struct ScopedAddress(IPAddress Address, string? Scope)
{
    /// <summary>Nothing can be sent to it as it is written.</summary>
    public bool LacksScope => Address.IsIPv6LinkLocal && Scope is null;

    public override string ToString() => Scope is null ? Address.ToString() : $"{Address}%{Scope}";
}
