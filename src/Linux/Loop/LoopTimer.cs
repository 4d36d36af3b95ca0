namespace NodeDns.Linux.Loop;

/// <summary>A timer that is part of the object that owns it, so arming and cancelling allocate nothing.</summary>
public abstract class LoopTimer
{
    internal const int NotArmed = -1;

    internal int HeapIndex = NotArmed;

    /// <summary>When the timer fires, on the loop's clock, in milliseconds. Only meaningful while armed.</summary>
    public long DueMs { get; internal set; }

    public bool IsArmed => HeapIndex != NotArmed;

    /// <summary>Called once on the loop's thread. The timer is already disarmed, so it may be armed again
    /// here.</summary>
    public abstract void OnTimer();
}
