namespace NodeDns.Cache.Plugins;

/// <summary>What a plugin did with a query.</summary>
internal enum PluginVerdict
{
    /// <summary>The plugin does not answer this query; the next step is asked.</summary>
    Next,

    /// <summary>The reply is written.</summary>
    Answered,

    /// <summary>The client gets no reply at all.</summary>
    Drop,
}
