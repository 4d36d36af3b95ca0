using Microsoft.Extensions.Logging;
using NodeDns.Cache.Store;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>What the handlers of all workers share.</summary>
internal sealed record QueryShared(AnswerStore Store, InFlightTable InFlight, MetricRegistry Registry, ILogger Log);
