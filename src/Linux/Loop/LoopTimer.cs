namespace NodeDns.Linux.Loop;

/// <summary>One timer, embedded in its owner: arming and cancelling allocate nothing.</summary>
public abstract class LoopTimer
{
    internal const int NotArmed = -1;

    internal int HeapIndex = NotArmed;

    /// <summary>When it fires, on the loop's clock, in milliseconds. Meaningful while armed.</summary>
    public long DueMs { get; internal set; }

    public bool IsArmed => HeapIndex != NotArmed;

    /// <summary>Fires once on the loop's thread; already disarmed, so it may be armed again here.</summary>
    public abstract void OnTimer();
}
