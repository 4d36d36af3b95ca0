using CsCheck;
using NodeDns.Linux.Handover;

namespace NodeDns.Guard.Tests;

/// <summary>What a process without privilege sends is read whole or not at all.</summary>
public sealed class HandoverMessageTests
{
    [Fact]
    public void Any_octets_are_a_message_that_is_written_as_it_was_read_or_none() =>
        Gen.Byte.Array[0, 200].Sample(octets =>
            HandoverMessage.Decode(octets) is not { } message || message.Encode().AsSpan().SequenceEqual(octets));

    [Fact]
    public void A_text_of_a_peer_is_one_short_line_in_the_log() =>
        Gen.String[0, 500].Sample(text => Limits.Shown(text) is { Length: <= Limits.TextLength } shown && !shown.Any(char.IsControl));
}
