using NodeDns.Cli.Commands;

return await CommandTree.RunAsync(args);
