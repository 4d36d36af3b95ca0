using NodeDns.Linux.Handover;
using Xunit;

namespace NodeDns.Cache.Tests.Linux;

public sealed class HandoverMessageTests
{
    [Fact]
    public void What_is_encoded_is_decoded()
    {
        var message = new HandoverMessage(HandoverKind.Offer).With(HandoverTag.Reason, "because").With(HandoverTag.More, 1);
        var read = HandoverMessage.Decode(message.Encode())!;
        Assert.Equal((HandoverKind.Offer, "because", 1ul), (read.Kind, read.Text(HandoverTag.Reason), read.Number(HandoverTag.More)));
    }

    [Fact]
    public void A_message_that_is_cut_anywhere_but_between_two_fields_is_none()
    {
        var octets = new HandoverMessage(HandoverKind.Offer).With(HandoverTag.Reason, "because").With(HandoverTag.More, 1).Encode();
        int[] between = [2, 2 + 4 + "because".Length];
        for (var length = 0; length < octets.Length; length++)
        {
            Assert.Equal(between.Contains(length), HandoverMessage.Decode(octets.AsSpan(0, length)) is not null);
        }
    }

    [Fact]
    public void A_field_that_runs_over_the_end_by_any_number_of_octets_is_none()
    {
        var octets = new HandoverMessage(HandoverKind.Offer).With(HandoverTag.Reason, "because").Encode();
        for (var over = 1; over < 300; over++)
        {
            var length = "because".Length + over;
            (octets[4], octets[5]) = ((byte)(length >> 8), (byte)length);
            Assert.Null(HandoverMessage.Decode(octets));
        }
    }
}
