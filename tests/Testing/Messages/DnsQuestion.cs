namespace NodeDns.Testing.Messages;

/// <param name="Name">Absolute name with its final dot, case as sent.</param>
public sealed record DnsQuestion(string Name, ushort Type, ushort Class = 1)
{
    public DnsQuestion(string name, string type, string @class = "IN")
        : this(name, DnsTypes.TypeOf(type), DnsTypes.ClassOf(@class))
    {
    }

    public override string ToString() => $"{Name} {DnsTypes.ClassText(Class)} {DnsTypes.TypeText(Type)}";
}
