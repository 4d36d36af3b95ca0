namespace NodeDns.Linux.Loop;

/// <summary>Owner of a descriptor that an <see cref="EventLoop"/> watches.</summary>
public interface IEventHandler
{
    /// <summary>The descriptor is ready. Called on the loop's thread; level-triggered unless EPOLLET was asked for.</summary>
    /// <param name="events">EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP bits.</param>
    void OnEvents(uint events);
}
