namespace NodeDns.Cache.Plugins;

/// <summary>A step that has to do something from time to time, not on a worker's thread.</summary>
internal interface IPolled
{
    /// <summary>How often to call <see cref="Poll"/>; zero for never.</summary>
    TimeSpan Period { get; }

    /// <summary>Called by one thread at a time.</summary>
    /// <returns>true when cached answers may now differ from what the block would answer.</returns>
    bool Poll();
}
