using System.Net;

namespace NodeDns.Cache.Store;

/// <summary>The zone of one listen address for which answers are copied to the kernel.</summary>
internal interface ICopyOwner
{
    /// <summary>The address that is asked.</summary>
    IPEndPoint EndPoint { get; }

    /// <summary>The most octets that a client is sent over UDP.</summary>
    ushort UdpSize { get; }

    /// <summary>The TTLs of its answers do not count down.</summary>
    bool KeepsTtl { get; }

    /// <summary>From when on an answer must be asked of the cache itself, so that it is refreshed in time.</summary>
    long UntilMs(long storedMs, uint ttlSeconds);

    /// <summary>Counts answers that the kernel has given. Called under the store's lock.</summary>
    void Count(in CopyHits hits);
}

/// <summary>Answers that the kernel has given from one copy.</summary>
/// <param name="QuerySize">Octets of each query.</param>
/// <param name="ReplySize">Octets of each reply.</param>
internal readonly record struct CopyHits(
    long Count, ushort Type, int Rcode, bool IsDenial, int QuerySize, int ReplySize);
