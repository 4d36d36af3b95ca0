namespace NodeDns.Bench.Lab;

/// <summary>Something the benchmark needs does not work; the message says what.</summary>
internal sealed class BenchException(string message) : Exception(message);
