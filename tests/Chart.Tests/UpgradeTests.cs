namespace NodeDns.Chart.Tests;

/// <summary>Releases on a real API server: what one leaves never stands in the way of the next.</summary>
public sealed class UpgradeTests(ApiServer server)
{
    private static readonly Dictionary<string, string[]> s_modes = new()
    {
        ["certManager"] = ["--set", "tls.mode=certManager"],
        ["helm"] = ["--set", "tls.mode=helm"],
        ["existingSecret"] = ["--set", "tls.mode=existingSecret,tls.existingSecret=mine", "--set-string", "tls.caBundle=-----BEGIN CERTIFICATE-----"],
    };

    public static TheoryData<string, string> Pairs => [.. from one in s_modes.Keys from other in s_modes.Keys where one != other select (one, other)];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_tls_mode_is_upgraded_into_every_other(string from, string to)
    {
        server.Require();
        var name = $"tls-{from}-{to}".ToLowerInvariant();
        server.Namespace(name);
        try
        {
            Install(name, s_modes[from]);
            // What cert-manager would have made of the Certificate, without Helm's marks on it.
            server.Kubectl("create", "secret", "generic", name + "-webhook-tls", "-n", name, "--from-literal=tls.crt=a", "--from-literal=ca.crt=b");
            Install(name, s_modes[to]);
            Install(name, s_modes[from]);
        }
        finally
        {
            server.Helm("uninstall", name, "--namespace", name, "--no-hooks");
        }

        // Again, over what cert-manager left.
        Install(name, s_modes[to]);
        server.Helm("uninstall", name, "--namespace", name, "--no-hooks");
    }

    [Fact]
    public void The_certificate_that_helm_made_stays_over_upgrades()
    {
        server.Require();
        const string name = "keeps";
        server.Namespace(name);
        Install(name, s_modes["helm"]);
        var first = Bundle(name);
        Assert.NotEmpty(first);
        Install(name, [.. s_modes["helm"], "--set", "webhook.logLevel=debug"]);
        Assert.Equal(first, Bundle(name));
        server.Helm("uninstall", name, "--namespace", name, "--no-hooks");
    }

    private string Bundle(string name) => server.Do("get", "mutatingwebhookconfiguration", name + "-webhook", "-o",
        "jsonpath={.webhooks[*].clientConfig.caBundle}");

    private void Install(string name, string[] arguments)
    {
        var run = server.Helm(["upgrade", "--install", name, Tool.ChartFolder, "--namespace", name, "--no-hooks", .. arguments]);
        Assert.True(run.ExitCode == 0, run.Error);
    }
}
