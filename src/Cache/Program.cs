using System.CommandLine;
using NodeDns.Cache.Commands;
using NodeDns.Cache.Compat;
using NodeDns.Cache.Serve;
using NodeDns.Corefile;
using NodeDns.Guard;

if (NodeCacheCommand.IsMeant(args))
{
    return NodeCacheCommand.Run(args);
}
if (DropPrivilegesCommand.IsMeant(args))
{
    return DropPrivilegesCommand.Run(args);
}

var file = new Argument<string>("FILE") { Description = "The Corefile." };
var check = new Command("check", "Validate a Corefile and print what will be served.") { file };
check.SetAction(result => CheckCommand.Run(
    result.GetRequiredValue(file),
    Console.Out,
    Console.Error,
    new CorefileOptions { Files = new DiskFiles(), Environment = Environment.GetEnvironmentVariable }));

return new RootCommand("A DNS cache for every node of a cluster.")
{
    ServeCommand.Create(),
    GuardCommand.Create(),
    ReadyCommand.Create(),
    TraceCommand.Create(),
    check,
}.Parse(args).Invoke();
