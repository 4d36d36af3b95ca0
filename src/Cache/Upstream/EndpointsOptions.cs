using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Cache.Upstream;

/// <summary>A forward's <c>endpoints</c>: the name that has the addresses of the pods behind its servers.</summary>
/// <param name="Name">The name, lower-case wire form.</param>
/// <param name="Text">Name and port, for log lines and metrics.</param>
/// <param name="Port">The port at which the pods are asked.</param>
/// <param name="Own">The addresses of this cache, which are never asked.</param>
internal sealed record EndpointsOptions(byte[] Name, string Text, int Port, ImmutableArray<IPAddress> Own);
