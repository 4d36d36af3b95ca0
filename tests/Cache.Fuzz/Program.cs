using NodeDns.Cache.Fuzz;
using SharpFuzz;

if (args is not [var target, ..] || Targets.Named(target) is not { } run)
{
    Console.Error.WriteLine("usage: Cache.Fuzz query|answer|snapshot|handover [FILE]");
    return 2;
}
if (args is [_, var file])
{
    run(File.ReadAllBytes(file));
}
else
{
    Fuzzer.LibFuzzer.Run(octets => run(octets));
}

return 0;
