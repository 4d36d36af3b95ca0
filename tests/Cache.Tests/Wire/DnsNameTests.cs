using System.Text;
using CsCheck;
using NodeDns.Dns.Wire;
using Xunit;

namespace NodeDns.Cache.Tests.Wire;

public class DnsNameTests
{
    [Theory]
    [InlineData(".", ".")]
    [InlineData("a.b", "a.b.")]
    [InlineData("Example.ORG.", "Example.ORG.")]
    [InlineData("a\\.b.c", "a\\.b.c.")]
    [InlineData("sp\\032ace.x", "sp\\032ace.x.")]
    public void Text_survives_the_wire(string text, string expected) =>
        Assert.Equal(expected, DnsName.ToText(DnsName.Parse(text)));

    [Theory]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a\\")]
    [InlineData("a\\999.b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123.x")]
    public void What_is_no_name_is_refused(string text) => Assert.Null(DnsName.Parse(text));

    [Fact]
    public void Names_longer_than_255_octets_are_refused()
    {
        string label = new('a', 63);
        Assert.NotNull(DnsName.Parse($"{label}.{label}.{label}.{new string('b', 61)}"));
        Assert.Null(DnsName.Parse($"{label}.{label}.{label}.{new string('b', 62)}"));
    }

    [Fact]
    public void Folding_touches_ascii_letters_only_and_agrees_with_itself() =>
        Gen.Byte.Array[0, 255].Sample(octets =>
        {
            var lower = new byte[octets.Length];
            DnsName.ToLower(octets, lower);
            return octets.Zip(lower).All(pair => pair.Second == DnsName.ToLower(pair.First)
                && (pair.First is >= (byte)'A' and <= (byte)'Z' ? pair.Second == pair.First + 32 : pair.Second == pair.First));
        });

    [Theory]
    [InlineData("a.b.example", "example", true)]
    [InlineData("example", "example", true)]
    [InlineData("badexample", "example", false)]
    [InlineData("x.example", "b.example", false)]
    [InlineData("anything.at.all", ".", true)]
    public void A_name_is_within_a_zone_by_whole_labels(string name, string zone, bool expected) =>
        Assert.Equal(expected, DnsName.IsWithin(DnsName.Parse(name), DnsName.Parse(zone)));

    [Theory]
    [InlineData("www.Example.org", "WWW.eXample.ORG", true)]
    [InlineData("www.example.org", "www.example.com", false)]
    [InlineData("www.example.org", "ww.example.org", false)]
    [InlineData("x@y.example", "x`y.example", false)]
    [InlineData("x[y.example", "x{y.example", false)]
    public void Names_are_equal_whatever_the_case_of_their_letters(string one, string other, bool expected) =>
        Assert.Equal(expected, DnsName.EqualsIgnoreCase(DnsName.Parse(one), DnsName.Parse(other)));

    [Fact]
    public void Octets_that_look_like_a_zone_inside_a_label_do_not_count()
    {
        // One label whose last octets read "\x03org\x00" would, if labels were not walked.
        byte[] name = [5, (byte)'x', 3, (byte)'o', (byte)'r', (byte)'g', 0];
        Assert.False(DnsName.IsWithin(name, DnsName.Parse("org")));
    }

    [Fact]
    public void A_pointer_is_followed_backwards_only()
    {
        byte[] message = [.. new byte[12], 1, (byte)'a', 0, 1, (byte)'b', 0xC0, 12, 0xC0, 20, 0xC0, 19];
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        Assert.Equal(5, DnsName.Read(message, 15, name, out var end));
        Assert.Equal(19, end);
        Assert.Equal("b.a.", DnsName.ToText(name[..5]));
        Assert.Equal(0, DnsName.Read(message, 19, name, out _));
        Assert.Equal(0, DnsName.Read(message, 21, name, out _));
    }

    [Fact]
    public void Skipping_and_reading_agree_on_any_octets() =>
        Gen.Byte.Array[12, 300].Sample(octets =>
        {
            Span<byte> name = stackalloc byte[DnsName.MaxLength];
            for (var at = 12; at < octets.Length; at++)
            {
                var skipped = at;
                var isName = DnsName.TrySkip(octets, ref skipped);
                var length = DnsName.Read(octets, at, name, out var end);
                if (isName != length > 0 || isName && (end != skipped || DnsName.LengthOf(name) != length))
                {
                    return false;
                }
            }
            return true;
        });

    /// <summary>RFC 1035, section 2.3.4: a name has at most 255 octets, its root label among them.</summary>
    [Theory]
    [InlineData(61, 255)]
    [InlineData(62, 0)]
    public void The_longest_name_has_255_octets(int lastLabel, int length)
    {
        byte[] name = [.. new[] { 63, 63, 63, lastLabel }.SelectMany(label => Enumerable.Repeat((byte)'x', label).Prepend((byte)label)), 0];
        Assert.Equal(length, DnsName.LengthOf(name));
        byte[] message = [.. new byte[DnsHeader.Length], .. name];
        var offset = DnsHeader.Length;
        Assert.Equal(length > 0, DnsName.TrySkip(message, ref offset));
        Assert.Equal(DnsHeader.Length + length, offset);
    }

    [Fact]
    public void Text_and_wire_are_inverse_for_any_labels() =>
        Gen.Byte.Array[1, 20].List[1, 8].Sample(labels =>
        {
            byte[] wire = [.. labels.SelectMany(label => label.Prepend((byte)label.Length)), 0];
            var parsed = DnsName.Parse(DnsName.ToText(wire));
            return parsed is not null && wire.AsSpan().SequenceEqual(parsed);
        });

    [Fact]
    public void Text_is_printable() =>
        Assert.Equal("\\000\\255 ".TrimEnd() + ".", DnsName.ToText([2, 0, 255, 0]));

    [Fact]
    public void Unicode_is_no_name() => Assert.Null(DnsName.Parse(Encoding.UTF8.GetString("\u20ac.x"u8)));
}
