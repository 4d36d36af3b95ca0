using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>A step that may answer a query, and the metric label that its answers are counted under.</summary>
internal readonly record struct QueryStep(IQueryPlugin Plugin, AnsweredBy By);
