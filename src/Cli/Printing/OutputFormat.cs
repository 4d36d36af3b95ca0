namespace NodeDns.Cli.Printing;

/// <summary>kubectl's <c>-o</c>.</summary>
internal enum OutputFormat
{
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}
