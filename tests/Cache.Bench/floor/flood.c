/* A client that asks without waiting for answers, until it is killed.
     flood key=value...
       address=127.0.0.1 port=53 prefix=f suffix=bench.example rate=20000 clients=1 tcp=0 sockets=8 names=10000000

   `rate` questions a second in all, for type A, from 127.0.1.1, 127.0.1.2, ... with `sockets` sockets each; over TCP with
   tcp=1. The nth question is PREFIX0000000.SUFFIX with the number n modulo names. Answers are read and thrown away. A socket
   that takes nothing more is passed over. */
#include "dns.h"

#include <sys/epoll.h>
#include <unistd.h>

enum { MAX_SOCKETS = 1024, DIGITS = 7, TICK_NS = 1000000 };

static int port = 53, clients = 1, tcp, socket_count = 8;
static unsigned names = 10000000;
static double rate = 20000;
static const char *address = "127.0.0.1", *prefix = "f", *suffix = "bench.example";
static int sockets[MAX_SOCKETS];

static void read_options(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value == NULL) fprintf(stderr, "flood: %s: expected key=value\n", argv[i]), exit(2);
        *value++ = 0;
#define OPTION(name, target, parse) if (strcmp(argv[i], name) == 0) { target = parse; continue; }
        OPTION("address", address, value)
        OPTION("port", port, atoi(value))
        OPTION("prefix", prefix, value)
        OPTION("suffix", suffix, value)
        OPTION("rate", rate, atof(value))
        OPTION("clients", clients, atoi(value))
        OPTION("tcp", tcp, atoi(value))
        OPTION("sockets", socket_count, atoi(value))
        OPTION("names", names, (unsigned)atol(value))
#undef OPTION
        fprintf(stderr, "flood: %s: no such option\n", argv[i]), exit(2);
    }
    if (clients < 1 || clients > 250 || socket_count < 1 || clients * socket_count > MAX_SOCKETS || rate <= 0 || names < 1)
        fprintf(stderr, "flood: 1 to 250 clients, at most %d sockets in all\n", MAX_SOCKETS), exit(2);
}

static void open_sockets(int poll) {
    struct sockaddr_in server = loopback(port);
    server.sin_addr.s_addr = inet_addr(address);
    for (int i = 0; i < clients * socket_count; i++) {
        struct sockaddr_in from = {.sin_family = AF_INET};
        from.sin_addr.s_addr = htonl(0x7f000101u + (unsigned)(i / socket_count));
        sockets[i] = must(socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM), 0), "socket");
        must(bind(sockets[i], (struct sockaddr *)&from, sizeof from), "bind");
        must(connect(sockets[i], (struct sockaddr *)&server, sizeof server), "connect");
        struct epoll_event wanted = {.events = EPOLLIN, .data.fd = sockets[i]};
        must(epoll_ctl(poll, EPOLL_CTL_ADD, sockets[i], &wanted), "epoll_ctl");
    }
}

static void throw_answers_away(int poll) {
    static uint8_t answers[1 << 16];
    struct epoll_event ready[64];
    for (int count = epoll_wait(poll, ready, 64, 0), i = 0; i < count; i++)
        while (recv(ready[i].data.fd, answers, sizeof answers, MSG_DONTWAIT) > 0) {}
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    uint8_t packet[2 + MAX_PACKET] = {0}, *message = packet + 2;
    char name[256];
    snprintf(name, sizeof name, "%s%0*d.%s", prefix, DIGITS, 0, suffix);
    message[2] = 1, message[5] = 1; /* RD, one question */
    int length = HEADER + put_name(message + HEADER, name), digits_at = HEADER + 1 + (int)strlen(prefix);
    put16(message + length, TYPE_A), put16(message + length + 2, 1);
    length += 4;
    put16(packet, (unsigned)length);

    int poll = must(epoll_create1(0), "epoll_create1");
    open_sockets(poll);
    uint64_t start = now_ns(), sent = 0;
    for (;;) {
        uint64_t due = (uint64_t)((double)(now_ns() - start) / 1e9 * rate);
        for (; sent < due; sent++) {
            unsigned number = (unsigned)(sent % names);
            put16(message, (unsigned)sent);
            for (int i = DIGITS - 1; i >= 0; i--, number /= 10) message[digits_at + i] = (uint8_t)('0' + number % 10);
            int fd = sockets[sent % (unsigned)(clients * socket_count)];
            send(fd, tcp ? packet : message, (size_t)(length + (tcp ? 2 : 0)), MSG_DONTWAIT | MSG_NOSIGNAL);
        }
        throw_answers_away(poll);
        nanosleep(&(struct timespec){.tv_nsec = TICK_NS}, NULL);
    }
}
