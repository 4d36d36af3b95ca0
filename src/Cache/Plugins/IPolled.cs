namespace NodeDns.Cache.Plugins;

/// <summary>A step with something to do now and then, off the workers' threads.</summary>
internal interface IPolled
{
    /// <summary>How often <see cref="Poll"/> wants to be called; zero: never.</summary>
    TimeSpan Period { get; }

    /// <summary>Called from one thread at a time.</summary>
    /// <returns>Whether answers that are kept may now be others than the block would give.</returns>
    bool Poll();
}
