namespace NodeDns.Linux.Loop;

/// <summary>How many processors the process may use, as last read. One thread sets it, every loop's
/// <see cref="TurnPace"/> reads it.</summary>
public sealed class CpuAllowance(double processors)
{
    private double _processors = processors;

    public double Processors
    {
        get => Volatile.Read(ref _processors);
        set => Volatile.Write(ref _processors, value);
    }
}
