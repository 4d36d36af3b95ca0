using System.CommandLine;
using NodeDns.Cache.Guard;

return new RootCommand("A DNS cache for every node of a cluster.")
{
    GuardCommand.Create(),
}.Parse(args).Invoke();
