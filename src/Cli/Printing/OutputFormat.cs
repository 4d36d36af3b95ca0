namespace NodeDns.Cli.Printing;

/// <summary>The formats of kubectl's <c>-o</c>.</summary>
internal enum OutputFormat
{
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}
