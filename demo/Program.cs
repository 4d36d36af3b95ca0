using System.Net;
using NodeDns.Demo;

// What a cluster would do, on loopback: a sample cluster DNS, the cache in front of it, the webhook, one pod.
// Usage: Demo CACHE-PROGRAM WEBHOOK-PROGRAM   (paths of the built programs, native or .dll)
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: Demo CACHE-PROGRAM WEBHOOK-PROGRAM (run it by: make demo)");
    return 2;
}

var folder = Directory.CreateTempSubdirectory("nodedns-demo-").FullName;
try
{
    using var zone = new SampleZone();
    Say($"sample cluster DNS (made-up names and addresses, in this process, {SampleZone.DelayMs} ms away) on {zone.EndPoint}");

    var dnsPort = FreePort.Take();
    var cacheMetrics = new IPEndPoint(IPAddress.Loopback, FreePort.Take());
    var corefile = SampleCorefile.Write(folder, zone.EndPoint, dnsPort, cacheMetrics);
    using var cache = ChildProgram.Start("node-dns-cache", args[0], "serve", "--conf", corefile);
    var resolver = new Resolver(new IPEndPoint(IPAddress.Loopback, dnsPort));
    await cache.WaitUntil(resolver.Answers);
    Say($"node-dns-cache serves on 127.0.0.1:{dnsPort}, as it would on 169.254.20.10:53 of every node");

    using var webhook = await SampleWebhook.Start(args[1], folder);
    Say($"node-dns-webhook admits pods at {webhook.Address}");

    Console.WriteLine();
    var pod = SamplePod.Read();
    Console.WriteLine("A busybox pod is created in a namespace labelled nodedns.io/inject=enabled. Its /etc/resolv.conf");
    Console.WriteLine();
    Console.WriteLine("before:");
    ResolvConf.Of(pod).Print();
    var review = await webhook.Admit(pod);
    Console.WriteLine("after the webhook's JSON Patch:");
    ResolvConf.Of(review.Pod).Print();
    foreach (var warning in review.Warnings)
    {
        Console.WriteLine($"  kubectl would show: Warning: {warning}");
    }

    Console.WriteLine("Lookups through the cache (the second ask never leaves the node):");
    Console.WriteLine();
    var before = await CacheCounters.Read(cacheMetrics);
    var table = await AskTable.Run(resolver);
    table.Print();
    (await CacheCounters.Read(cacheMetrics)).PrintSince(before);
    return table.AllAnswered && ResolvConf.Of(review.Pod).Nameservers.First() == "169.254.20.10" ? 0 : 1;
}
catch (DemoException trouble)
{
    Console.Error.WriteLine(trouble.Message);
    return 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static void Say(string line) => Console.WriteLine($"  {line}");
