using System.Runtime.InteropServices;
using NodeDns.Injection.Decide;
using NodeDns.Webhook;
using NodeDns.Webhook.Hooks;
using NodeDns.Webhook.Namespaces;
using NodeDns.Webhook.Options;

if (args.Contains("--help"))
{
    Console.Out.Write(HelpText.Write());
    Console.Out.WriteLine($"Hooks of the chart:\n  {string.Join("\n  ", HookCommand.Usage)}");
    return 0;
}
if (args.Contains("--version"))
{
    Console.Out.WriteLine($"node-dns-webhook {InjectionStatus.Version}");
    return 0;
}

if (HookCommand.Find(args) is { } hook)
{
    using var server = ApiServer.InCluster(Environment.GetEnvironmentVariable);
    return await HookCommand.RunAsync(hook, server, Console.Out, Console.Error);
}

var checkOnly = args.Contains("--check");
var reader = new OptionsReader([.. args.Where(arg => arg != "--check")], Environment.GetEnvironmentVariable);
var options = WebhookOptionsValidator.Validate(
    reader, path => File.Exists(path) ? File.ReadAllText(path) : null);
if (options is null)
{
    foreach (var error in reader.Errors)
    {
        await Console.Error.WriteLineAsync(error);
    }

    return 1;
}

try
{
    using var sockets = checkOnly ? null : ListenSockets.Bind(options);
    await using var app = new WebhookApp(
        options, sockets, TimeProvider.System, Console.Error, () => ApiServer.InCluster(Environment.GetEnvironmentVariable));
    if (checkOnly)
    {
        await Console.Out.WriteLineAsync(new SettingsSummary(options).Text);
        return 0;
    }
    var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    await app.StartAsync();
    await stop.Task;
    await app.StopAsync();
    return 0;

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        stop.TrySetResult();
    }
}
catch (Exception e) when (e is WebhookStartException or IOException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
