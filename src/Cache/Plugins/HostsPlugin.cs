using Microsoft.Extensions.Logging;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Plugins;

/// <summary>hosts: A, AAAA and PTR records from a hosts file and from the block itself. The file is read again when its
/// time or size changes.</summary>
/// <remarks>Without <c>fallthrough</c>, an unknown name in its zones gets SERVFAIL, as in CoreDNS: a hosts file has no
/// SOA that could prove an NXDOMAIN.</remarks>
internal sealed class HostsPlugin : IQueryPlugin, IPolled
{
    /// <summary>Larger hosts files are refused. The largest block lists in use have a few MB.</summary>
    public const long MaxFileBytes = 32 << 20;

    private readonly HostsConfig _config;
    private readonly ILogger _log;
    private readonly NameSet _zones;
    private readonly NameSet _fallthrough;
    private readonly HostsTable _inline = new();

    // Poll replaces the whole table; all workers read it.
    private volatile HostsTable _file = new();
    private (DateTime ModifiedUtc, long Bytes) _seen;
    private bool _unreadable;

    public HostsPlugin(HostsConfig config, MetricRegistry registry, ILogger log)
    {
        _config = config;
        _log = log;
        _zones = new NameSet(config.Zones);
        _fallthrough = new NameSet(config.Fallthrough);
        foreach (var entry in config.Inline)
        {
            foreach (var name in entry.Names)
            {
                _inline.Add(entry.Address, name, _zones, config.Reverse);
            }
        }
        registry.Gauge(
            MetricNames.HostsEntries,
            MetricNames.HostsEntriesHelp,
            () => _inline.Count + _file.Count,
            ("hostsfile", config.Path));
        registry.Gauge(
            MetricNames.HostsReload,
            MetricNames.HostsReloadHelp,
            () => _seen == default ? 0 : (_seen.ModifiedUtc - DateTime.UnixEpoch).TotalSeconds);
        Poll();
    }

    public TimeSpan Period => _config.Reload;

    /// <summary>A text that changes when the file's entries for these zones change.</summary>
    public string FileIdentity => _file.Identity;

    public PluginVerdict Handle(in PluginQuery query, ref ReplyWriter reply)
    {
        if (query.Class != Qclass.IN)
        {
            return PluginVerdict.Next;
        }

        if (query.Type == Qtype.PTR)
        {
            Span<byte> address = stackalloc byte[ReverseName.MaxAddressLength];
            if (AddNames(address[..ReverseName.ReadAddress(query.Name, address)], ref reply))
            {
                return PluginVerdict.Answered;
            }
            // CoreDNS passes unknown PTR questions on, whatever fallthrough says.
            if (!_zones.Contains(query.Name) || !IsKnown(query.Name))
            {
                return PluginVerdict.Next;
            }
        }
        if (!_zones.Contains(query.Name))
        {
            return PluginVerdict.Next;
        }

        var added = false;
        if (query.Type is Qtype.A or Qtype.AAAA)
        {
            added = AddAddresses(_file, query, ref reply) | AddAddresses(_inline, query, ref reply);
        }
        else if (_config.FallthroughUnsupported && _fallthrough.Contains(query.Name))
        {
            return PluginVerdict.Next;
        }

        if (!added && !IsKnown(query.Name))
        {
            if (_fallthrough.Contains(query.Name))
            {
                return PluginVerdict.Next;
            }

            reply.SetRcode(Rcode.ServFail);
            return PluginVerdict.Answered;
        }
        reply.SetAuthoritative();
        return PluginVerdict.Answered;
    }

    /// <summary>Reads the file again if its time or size has changed.</summary>
    public bool Poll()
    {
        try
        {
            var file = new FileInfo(_config.Path);
            if (!file.Exists)
            {
                Unreadable("it does not exist");
                return false;
            }
            // Files of a ConfigMap are symbolic links to symbolic links. Time and size of the link itself never change.
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            var now = (file.LastWriteTimeUtc, file.Length);
            if (now == _seen)
            {
                return false;
            }

            if (file.Length > MaxFileBytes)
            {
                Unreadable($"it has {file.Length} bytes, and {MaxFileBytes} are allowed");
                return false;
            }
            var before = _file.Identity;
            _file = Read(File.ReadLines(_config.Path));
            _seen = now;
            _unreadable = false;
            return _file.Identity != before;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Unreadable(e.Message);
            return false;
        }
    }

    private HostsTable Read(IEnumerable<string> lines)
    {
        var table = new HostsTable();
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            var fields = HostsText.Words(line);
            if (fields.Length == 0)
            {
                continue;
            }
            if (fields.Length < 2 || !HostsText.TryAddress(fields[0], out var address))
            {
                _log.HostsLineSkipped(_config.Path, number, "expected an address and at least one name");
                continue;
            }

            foreach (var name in fields.AsSpan(1))
            {
                if (!table.Add(address, name, _zones, _config.Reverse))
                {
                    _log.HostsLineSkipped(_config.Path, number, $"{name} is no domain name");
                }
            }
        }
        return table;
    }

    private void Unreadable(string problem)
    {
        if (!_unreadable)
        {
            _log.HostsFileUnreadable(_config.Path, problem);
        }

        _unreadable = true;
    }

    private bool AddNames(scoped ReadOnlySpan<byte> address, ref ReplyWriter reply)
    {
        ReadOnlySpan<byte[]> fromFile = _file.NamesOf(address), inline = _inline.NamesOf(address);
        foreach (var name in fromFile)
        {
            reply.TryAddAnswer(Qtype.PTR, (uint)_config.TtlSeconds, name);
        }

        foreach (var name in inline)
        {
            reply.TryAddAnswer(Qtype.PTR, (uint)_config.TtlSeconds, name);
        }

        if (fromFile.IsEmpty && inline.IsEmpty)
        {
            return false;
        }

        reply.SetAuthoritative();
        return true;
    }

    private bool AddAddresses(HostsTable table, in PluginQuery query, ref ReplyWriter reply)
    {
        if (table.Find(query.Name) is not { } addresses)
        {
            return false;
        }

        var wanted = query.Type == Qtype.A ? addresses.V4 : addresses.V6;
        foreach (var address in wanted)
        {
            reply.TryAddAnswer(query.Type, (uint)_config.TtlSeconds, address);
        }

        return wanted.Count > 0;
    }

    private bool IsKnown(ReadOnlySpan<byte> name) => (_file.Find(name) ?? _inline.Find(name)) is not null;
}
