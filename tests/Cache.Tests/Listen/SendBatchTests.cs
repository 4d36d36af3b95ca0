using System.Net;
using System.Net.Sockets;
using NodeDns.Cache.Listen;
using NodeDns.Linux.Sockets;
using Xunit;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Tests.Listen;

public sealed class SendBatchTests : IDisposable
{
    private readonly Socket _server = Bound();
    private readonly Socket _client = Bound();
    private readonly OpenQueryFile _open = new(workers: 1);
    private readonly SendBatch _batch;

    public SendBatchTests() => _batch = new SendBatch(1232, _open.Part(0));

    [Theory]
    [InlineData(60, 72)]
    [InlineData(72, 60)]
    [InlineData(64, 64)]
    public void Two_replies_to_one_client_arrive_as_two_datagrams(int first, int second)
    {
        Add(_client, first, 1);
        Add(_client, second, 2);
        _batch.Flush();

        Assert.Equal([(first, 1), (second, 2)], Received(_client, 2).OrderBy(d => d.Mark));
    }

    [Theory]
    [InlineData(60, 72, true)]
    [InlineData(1232, 1232, true)]
    [InlineData(1233, 60, false)]
    [InlineData(60, 1233, false)]
    public void Two_replies_to_one_client_leave_as_one_message_if_both_pass_every_link(int first, int second, bool asOne)
    {
        // The client gets the datagrams of one message together (udp(7), UDP_GRO).
        _client.SetRawSocketOption(17, 104, [1, 0, 0, 0]);
        Add(_client, first, 1);
        Add(_client, second, 2);
        Assert.Equal(0, _client.Available);
        _batch.Flush();

        var buffer = new byte[4096];
        Assert.Equal(asOne ? first + second : first, _client.Receive(buffer));
        Assert.Equal(asOne ? 0 : second, _client.Available);
    }

    [Fact]
    public void Two_replies_leave_as_one_message_also_behind_those_to_others()
    {
        using var other = Bound();
        _client.SetRawSocketOption(17, 104, [1, 0, 0, 0]);
        Add(other, 80, 1);
        Add(_client, 60, 2);
        Add(_client, 72, 3);
        _batch.Flush();

        Assert.Equal([(80, 1)], Received(other, 1));
        Assert.Equal(60 + 72, _client.Receive(new byte[4096]));
    }

    [Fact]
    public void Where_the_kernel_sends_no_pairs_both_replies_arrive()
    {
        // Without checksums there is no UDP_SEGMENT (socket(7), SO_NO_CHECK).
        _server.SetRawSocketOption(1, 11, [1, 0, 0, 0]);
        for (var round = 0; round < 2; round++)
        {
            Add(_client, 60, 1);
            Add(_client, 72, 2);
            _batch.Flush();

            Assert.Equal([(60, 1), (72, 2)], Received(_client, 2).OrderBy(d => d.Mark));
        }
    }

    [Fact]
    public void Replies_to_different_clients_reach_their_own()
    {
        using var other = Bound();
        Add(_client, 60, 1);
        Add(other, 70, 2);
        Add(_client, 80, 3);
        _batch.Flush();

        Assert.Equal([(60, 1), (80, 3)], Received(_client, 2).OrderBy(d => d.Mark));
        Assert.Equal([(70, 2)], Received(other, 1));
    }

    [Fact]
    public void Every_reply_of_a_full_batch_arrives()
    {
        for (var i = 0; i < ReceiveBatch.Capacity; i++)
        {
            Add(_client, 40 + i, i);
        }

        _batch.Flush();

        Assert.Equal(
            Enumerable.Range(0, ReceiveBatch.Capacity).Select(i => (40 + i, i)),
            Received(_client, ReceiveBatch.Capacity).OrderBy(d => d.Mark));
    }

    [Fact]
    public void Replies_larger_than_a_link_are_sent_one_by_one()
    {
        Add(_client, 1240, 1);
        Add(_client, 1250, 2);
        _batch.Flush();

        Assert.Equal([(1240, 1), (1250, 2)], Received(_client, 2).OrderBy(d => d.Mark));
    }

    public void Dispose()
    {
        _batch.Dispose();
        _open.Dispose();
        _client.Dispose();
        _server.Dispose();
    }

    private void Add(Socket to, int length, int mark)
    {
        var reply = _batch.Next((int)_server.SafeHandle.DangerousGetHandle());
        reply[..length].Fill((byte)mark);
        _batch.Add(length, SocketAddress.From((IPEndPoint)to.LocalEndPoint!));
    }

    private static List<(int Length, int Mark)> Received(Socket client, int count)
    {
        var found = new List<(int, int)>();
        var buffer = new byte[2048];
        client.ReceiveTimeout = 2000;
        while (found.Count < count)
        {
            var length = client.Receive(buffer);
            Assert.All(buffer[..length], octet => Assert.Equal(buffer[0], octet));
            found.Add((length, buffer[0]));
        }
        return found;
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
