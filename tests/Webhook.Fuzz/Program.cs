using NodeDns.Webhook.Fuzz;
using SharpFuzz;

if (args is ["instrument", .. var assemblies])
{
    foreach (var assembly in assemblies)
    {
        Fuzzer.Instrument(assembly, _ => true, Options.Value);
    }

    return 0;
}
if (args is not [var target, ..] || Targets.Named(target) is not { } run)
{
    Console.Error.WriteLine("usage: Webhook.Fuzz review|annotation|webhook-resolv-conf [FILE...]\n       Webhook.Fuzz instrument ASSEMBLY...");
    return 2;
}
foreach (var file in args[1..])
{
    run(File.ReadAllBytes(file));
}

if (args is [_])
{
    Fuzzer.LibFuzzer.Run(octets => run(octets));
}

return 0;
