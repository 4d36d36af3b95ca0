namespace NodeDns.Cache.Plugins;

/// <summary>A step of a server block that changes every reply, in place, before it is sent.</summary>
internal interface IReplyFilter
{
    /// <param name="message">A well-formed reply without OPT. Records may be reordered or removed.</param>
    /// <returns>The new length, at most <paramref name="length"/>.</returns>
    int Apply(Span<byte> message, int length);
}
