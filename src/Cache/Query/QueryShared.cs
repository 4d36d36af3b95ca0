using Microsoft.Extensions.Logging;
using NodeDns.Cache.Cuts;
using NodeDns.Cache.Store;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Talkers;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Query;

/// <summary>What the handlers of all workers share.</summary>
internal sealed record QueryShared(AnswerStore Store, InFlightTable InFlight, MetricRegistry Registry, ILogger Log)
{
    /// <summary>What the search_cut directives in force have learnt.</summary>
    public SearchCutStates SearchCuts { get; } = new();

    /// <summary>The tap's rings, to which the workers write each lookup while somebody reads it.</summary>
    public TapRings Taps { get; } = new();

    /// <summary>The clients that ask most.</summary>
    public TopTalkers Talkers { get; init; } = new(isOn: true);
}
