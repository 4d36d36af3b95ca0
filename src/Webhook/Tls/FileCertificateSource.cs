using NodeDns.Webhook.Telemetry;

namespace NodeDns.Webhook.Tls;

/// <summary>The certificate from two PEM files. They are read periodically, because the mount of a Secret changes by
/// moving a symbolic link, which file watchers miss. If the files become invalid, the last valid pair stays in
/// use.</summary>
internal sealed class FileCertificateSource : IDisposable
{
    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Counter _loads;
    private readonly Counter _failures;

    // The fields below are written only by Poll, which holds this lock.
    private readonly Lock _polling = new();
    private byte[] _certificatePem = [];
    private byte[] _keyPem = [];
    private string? _problem;
    private volatile ServedCertificate? _current;

    public FileCertificateSource(
        string certificatePath, string keyPath, TimeSpan pollInterval, TimeProvider time, MetricRegistry registry,
        ILogger logger)
    {
        _certificatePath = certificatePath;
        _keyPath = keyPath;
        _time = time;
        _logger = logger;
        registry.Read(
            "nodedns_webhook_certificate_expiry_timestamp_seconds", "gauge", "When the certificate in use expires.",
            () => _current?.NotAfter.ToUnixTimeSeconds());
        _loads = registry.Counter("nodedns_webhook_certificate_loads_total", "Certificates taken into use.");
        _failures = registry.Counter(
            "nodedns_webhook_certificate_failures_total", "Times the files became something that is no usable pair.");
        Poll();
        _timer = time.CreateTimer(_ => Poll(), null, pollInterval, pollInterval);
    }

    /// <summary>The last valid pair; null until there is one.</summary>
    public ServedCertificate? Current => _current;

    /// <summary>What is wrong with the files now; null when nothing is.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>A description for people: when the certificate in use expires, and what is wrong with the files
    /// now.</summary>
    public string Describe()
    {
        var expires = Current is { } current
            ? $"expires {current.NotAfter:yyyy-MM-dd'T'HH:mm:ss'Z'}"
            : "none loaded";
        return Problem is { } problem ? $"{expires}; the files now: {problem}" : expires;
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Reads both files, and uses them if they have changed and belong together.</summary>
    public void Poll()
    {
        lock (_polling)
        {
            var problem = TryPoll(out var changed);
            if (problem is not null && problem != _problem)
            {
                _failures.Add();
                if (_current is not null)
                {
                    _logger.CertificateKept(problem);
                }
            }
            Volatile.Write(ref _problem, problem);
            if (changed && _current is { } now)
            {
                _loads.Add();
                _logger.CertificateLoaded(now.Subject, now.Serial, now.NotAfter);
                if (now.NotAfter < _time.GetUtcNow())
                {
                    _logger.CertificateExpired(now.NotAfter);
                }
            }
        }
    }

    private string? TryPoll(out bool changed)
    {
        changed = false;
        byte[] certificate, key;
        var reading = "tls-cert";
        var path = _certificatePath;
        try
        {
            certificate = File.ReadAllBytes(path);
            reading = "tls-key";
            path = _keyPath;
            key = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{reading}: {path}: {e.Message}";
        }
        if (certificate.AsSpan().SequenceEqual(_certificatePem) && key.AsSpan().SequenceEqual(_keyPem))
        {
            return _problem;
        }

        var problem = PemPair.TryLoad(certificate, key, out var served);
        (_certificatePem, _keyPem) = (certificate, key);
        if (served is not null)
        {
            _current = served;
            changed = true;
        }
        return problem;
    }
}
