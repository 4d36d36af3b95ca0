namespace NodeDns.Linux.Loop;

/// <summary>Owner of a descriptor that an <see cref="EventLoop"/> watches.</summary>
public interface IEventHandler
{
    /// <summary>The descriptor is ready. Called on the loop's thread. Level-triggered, unless the caller asked for
    /// EPOLLET.</summary>
    /// <param name="events">The bits EPOLLIN, EPOLLOUT, EPOLLERR and EPOLLHUP.</param>
    void OnEvents(uint events);
}
