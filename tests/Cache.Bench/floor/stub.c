/* The upstream of the misses over UDP, and a TCP one that answers a whole pipelined read at once.
     stub PORT [TTL]     answers every name at once on UDP and TCP (see answer_any) */
#include <sys/epoll.h>
#include <unistd.h>

#include "dns.h"

enum { BATCH = 64, INPUT = 1 << 16 };

struct connection {
    int fd, held;
    uint8_t input[INPUT];
};

static uint32_t ttl = 3600;

static void answer_datagrams(int fd) {
    static uint8_t in[BATCH][MAX_PACKET], out[BATCH][MAX_PACKET];
    static struct sockaddr_in peers[BATCH];
    struct iovec in_parts[BATCH], out_parts[BATCH];
    struct mmsghdr received[BATCH], replies[BATCH];
    memset(received, 0, sizeof received);
    for (int i = 0; i < BATCH; i++) {
        in_parts[i] = (struct iovec){in[i], MAX_PACKET};
        received[i].msg_hdr = (struct msghdr){.msg_name = &peers[i], .msg_namelen = sizeof peers[i],
            .msg_iov = &in_parts[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(fd, received, BATCH, MSG_DONTWAIT, NULL), made = 0;
    for (int i = 0; i < count; i++) {
        int length = answer_any(in[i], (int)received[i].msg_len, out[made], ttl);
        if (length == 0) continue;
        out_parts[made] = (struct iovec){out[made], (size_t)length};
        memset(&replies[made], 0, sizeof replies[made]);
        replies[made].msg_hdr = (struct msghdr){.msg_name = &peers[i], .msg_namelen = sizeof peers[i],
            .msg_iov = &out_parts[made], .msg_iovlen = 1};
        made++;
    }
    for (int sent = 0; sent < made;) {
        int n = sendmmsg(fd, replies + sent, (unsigned)(made - sent), 0);
        sent += n > 0 ? n : 1;
    }
}

/* Returns 0 when the connection has ended. */
static int answer_stream(struct connection *c) {
    static uint8_t out[4 * INPUT];
    ssize_t got = recv(c->fd, c->input + c->held, (size_t)(INPUT - c->held), MSG_DONTWAIT);
    if (got <= 0) return 0;
    c->held += (int)got;
    int at = 0, made = 0;
    while (c->held - at >= 2 && c->held - at >= 2 + get16(c->input + at) && made < (int)sizeof out - MAX_PACKET) {
        int size = get16(c->input + at), length = answer_any(c->input + at + 2, size, out + made + 2, ttl);
        at += 2 + size;
        if (length == 0) continue;
        put16(out + made, (unsigned)length);
        made += 2 + length;
    }
    memmove(c->input, c->input + at, (size_t)(c->held - at));
    c->held -= at;
    for (int sent = 0; sent < made;) {
        ssize_t n = send(c->fd, out + sent, (size_t)(made - sent), MSG_NOSIGNAL);
        if (n <= 0) return 0;
        sent += (int)n;
    }
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: stub PORT [TTL]\n"), 2;
    if (argc > 2) ttl = (uint32_t)atoi(argv[2]);
    int udp = listening(SOCK_DGRAM, atoi(argv[1])), tcp = listening(SOCK_STREAM, atoi(argv[1]));
    int poll = must(epoll_create1(0), "epoll_create1"), on = 1;
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = &udp}, ready[64];
    must(epoll_ctl(poll, EPOLL_CTL_ADD, udp, &wanted), "epoll_ctl");
    wanted.data.ptr = &tcp;
    must(epoll_ctl(poll, EPOLL_CTL_ADD, tcp, &wanted), "epoll_ctl");
    for (;;) {
        int count = epoll_wait(poll, ready, 64, -1);
        for (int i = 0; i < count; i++) {
            void *what = ready[i].data.ptr;
            if (what == &udp) {
                answer_datagrams(udp);
            } else if (what == &tcp) {
                struct connection *c = malloc(sizeof *c);
                c->fd = accept(tcp, NULL, NULL), c->held = 0;
                if (c->fd < 0) { free(c); continue; }
                setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                wanted.data.ptr = c;
                epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &wanted);
            } else if (!answer_stream(what)) {
                close(((struct connection *)what)->fd);
                free(what);
            }
        }
    }
}
