namespace NodeDns.Cli.Tracing;

/// <summary>Counts lookups by one of their properties, at most <see cref="Most"/> values of it.</summary>
internal sealed class LookupTally
{
    /// <summary>A client that asks for ever new names must not fill the memory.</summary>
    public const int Most = 10_000;

    private const string Others = "(others)";

    private readonly Dictionary<string, Row> _rows = [];

    public void Add(string key, Lookup lookup)
    {
        key = _rows.Count < Most || _rows.ContainsKey(key) ? key : Others;
        var row = _rows.GetValueOrDefault(key) ?? (_rows[key] = new Row(key));
        row.Lookups++;
        row.NxDomain += lookup.Rcode == "NXDOMAIN" ? 1 : 0;
        row.Failures += lookup.Rcode is "SERVFAIL" or "REFUSED" ? 1 : 0;
        row.Waited += lookup.From is "upstream" or "relay" ? 1 : 0;
    }

    /// <summary>The rows with most lookups.</summary>
    public IEnumerable<Row> Top(int count) => _rows.Values.OrderByDescending(row => row.Lookups)
        .ThenBy(row => row.Key, StringComparer.Ordinal).Take(count);

    internal sealed class Row(string key)
    {
        public string Key => key;

        public long Lookups { get; set; }

        public long NxDomain { get; set; }

        public long Failures { get; set; }

        /// <summary>Answered by an upstream server.</summary>
        public long Waited { get; set; }
    }
}
