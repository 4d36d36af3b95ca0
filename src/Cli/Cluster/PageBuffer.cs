namespace NodeDns.Cli.Cluster;

/// <summary>A buffer for the body of an answer. It is reused, so a list of any length needs two.</summary>
internal sealed class PageBuffer
{
    private byte[] _bytes = new byte[1 << 20];
    private int _length;

    public ReadOnlyMemory<byte> Text => _bytes.AsMemory(0, _length);

    public async Task FillAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        _length = 0;
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        while (await body.ReadAsync(_bytes.AsMemory(_length), cancel) is > 0 and var read)
        {
            _length += read;
            if (_length == _bytes.Length)
            {
                Array.Resize(ref _bytes, _bytes.Length + (_bytes.Length / 2));
            }
        }
    }
}
