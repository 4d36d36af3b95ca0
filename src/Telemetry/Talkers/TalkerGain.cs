namespace NodeDns.Telemetry.Talkers;

/// <summary>What a client has been counted for since the last look, and how it ranks.</summary>
internal struct TalkerGain
{
    public TalkerCounts Counts;
    public long Rank;
}
