/* Compile with -D_GNU_SOURCE. The little of DNS (RFC 1035) that the benchmark's own programs share: a question in, an answer out. */
#ifndef BENCH_DNS_H
#define BENCH_DNS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { HEADER = 12, MAX_PACKET = 512, TYPE_A = 1, TYPE_SOA = 6, TYPE_AAAA = 28, TYPE_OPT = 41 };

static inline uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline void put16(uint8_t *p, unsigned v) { p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v; }
static inline void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16), put16(p + 2, v & 0xffff); }

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Where the first question ends (its type and class included), or 0 when the packet has none that is whole. */
static inline int question_end(const uint8_t *packet, int length) {
    if (length < HEADER + 5 || get16(packet + 4) != 1) return 0;
    int at = HEADER;
    while (at < length && packet[at] != 0) {
        if (packet[at] > 63) return 0;
        at += packet[at] + 1;
    }
    return at + 5 <= length ? at + 5 : 0;
}

/* Writes a dotted name as labels; returns the length on the wire. */
static inline int put_name(uint8_t *out, const char *dotted) {
    uint8_t *start = out;
    while (*dotted) {
        const char *dot = strchr(dotted, '.');
        size_t length = dot ? (size_t)(dot - dotted) : strlen(dotted);
        *out++ = (uint8_t)length;
        memcpy(out, dotted, length);
        out += length;
        dotted += length + (dot != NULL);
    }
    *out++ = 0;
    return (int)(out - start);
}

/* Answers a question of any name: A and AAAA get one address that depends on the name, all else gets NODATA with an
   SOA (so that it may be cached). An OPT in the query is answered with one. `out` needs MAX_PACKET bytes.
   Returns the length of the answer, or 0 when the query is not one. */
static inline int answer_any(const uint8_t *query, int length, uint8_t *out, uint32_t ttl) {
    int end = question_end(query, length);
    if (end == 0 || end > 300 || (query[2] & 0x80)) return 0;
    int edns = get16(query + 10) == 1 && length >= end + 11 && query[end] == 0 && get16(query + end + 1) == TYPE_OPT;
    unsigned type = get16(query + end - 4);
    memcpy(out, query, (size_t)end);
    out[2] = (uint8_t)(0x80 | (query[2] & 0x79)), out[3] = 0x80;
    put16(out + 6, 0), put16(out + 8, 0), put16(out + 10, (unsigned)edns);

    uint32_t sum = 2166136261u;
    for (int i = HEADER; i < end; i++) sum = (sum ^ query[i]) * 16777619u;
    uint8_t *at = out + end;
    if (type == TYPE_A || type == TYPE_AAAA) {
        int size = type == TYPE_A ? 4 : 16;
        put16(out + 6, 1);
        put16(at, 0xc00c), put16(at + 2, type), put16(at + 4, 1), put32(at + 6, ttl), put16(at + 10, (unsigned)size);
        memset(at + 12, 0, (size_t)size);
        at[12] = type == TYPE_A ? 10 : 0xfd;
        memcpy(at + 12 + size - 3, &sum, 3);
        at += 12 + size;
    } else {
        put16(out + 8, 1);
        put16(at, 0xc00c), put16(at + 2, TYPE_SOA), put16(at + 4, 1), put32(at + 6, ttl), put16(at + 10, 24);
        memset(at + 12, 0, 24);
        put16(at + 12, 0xc00c), put16(at + 14, 0xc00c), put32(at + 12 + 20, ttl);
        at += 12 + 24;
    }
    if (edns) {
        static const uint8_t opt[] = {0, 0, TYPE_OPT, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};
        memcpy(at, opt, sizeof opt);
        at += sizeof opt;
    }
    return (int)(at - out);
}

static inline struct sockaddr_in loopback(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

/* Exits with the reason: every failure here is a broken benchmark. */
static inline int must(int result, const char *what) {
    if (result < 0) perror(what), exit(1);
    return result;
}

static inline int listening(int type, int port) {
    int fd = must(socket(AF_INET, type, 0), "socket"), on = 1, room = 8 << 20;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    must(bind(fd, (struct sockaddr *)&a, sizeof a), "bind");
    if (type & SOCK_STREAM) must(listen(fd, 1024), "listen");
    return fd;
}

#endif
