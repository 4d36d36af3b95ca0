using NodeDns.Cache.Fuzz;
using SharpFuzz;

if (args is ["instrument", .. var assemblies])
{
    foreach (var assembly in assemblies)
    {
        Fuzzer.Instrument(assembly, _ => true, Options.Value);
    }

    return 0;
}
if (args is not [var target, .. var files] || Targets.Named(target) is not { } run)
{
    Console.Error.WriteLine(
        "usage: Cache.Fuzz query|answer|stream|corefile|hosts|resolv-conf|kube-dns|snapshot|handover|netlink [FILE...]\n"
        + "       Cache.Fuzz instrument ASSEMBLY...");
    return 2;
}
foreach (var file in files)
{
    run(File.ReadAllBytes(file));
}

if (files.Length == 0)
{
    Fuzzer.LibFuzzer.Run(octets => run(octets));
}

return 0;
