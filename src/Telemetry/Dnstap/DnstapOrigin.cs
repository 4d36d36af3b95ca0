using System.Text;

namespace NodeDns.Telemetry.Dnstap;

/// <summary>What every message says of the server that sends it.</summary>
public sealed class DnstapOrigin
{
    public DnstapOrigin(string identity, string version, string extra)
    {
        byte[][] texts = [Encoding.UTF8.GetBytes(identity), Encoding.UTF8.GetBytes(version), Encoding.UTF8.GetBytes(extra)];
        Span<byte> octets = new byte[texts.Sum(text => text.Length + DnstapMessage.MaxOverhead)];
        var length = 0;
        for (var i = 0; i < texts.Length; i++)
        {
            DnstapMessage.Bytes(octets, ref length, i + 1, texts[i]);
        }

        Octets = octets[..length].ToArray();
    }

    /// <summary>The fields as they stand in a message.</summary>
    internal byte[] Octets { get; }
}
