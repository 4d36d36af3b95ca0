using Microsoft.Extensions.Logging;
using NodeDns.Cache.Store;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Query;

/// <summary>What the handlers of all workers share.</summary>
internal sealed record QueryShared(AnswerStore Store, InFlightTable InFlight, MetricRegistry Registry, ILogger Log)
{
    /// <summary>Where the workers tell of each lookup while somebody reads.</summary>
    public TapRings Taps { get; } = new();
}
