/*
 * A pod that asks continuously: lookups at a steady rate until standard input ends, then one line of numbers.
 *
 *     asker SERVER udp|tcp PER_SECOND
 *
 * Half of the names are fresh, half are always the same. There is no retry; a lookup without an answer after 1 s is
 * lost, and so is one that got something other than NOERROR. TCP opens a connection for each lookup.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { UDP_SOCKETS = 64, SLOTS = 8192, SAMPLES = 5 };
#define SECOND 1000000000LL

struct lookup {                 /* one in flight; deadline 0: a free slot */
    int64_t started, deadline;
    int socket, connecting;
    uint8_t query[300], reply[2];
    int length, got;
    uint16_t id;
};

static struct lookup lookups[SLOTS];
static int udp[UDP_SOCKETS];
static long sent, answered, lost, wrong, timed_out, refused;
static int64_t slowest, first_loss, last_loss, begun;
static char samples[SAMPLES][160];
static int sampled;
static int tcp;
static struct sockaddr_storage server;
static socklen_t server_length;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static int build(uint8_t *out, uint16_t id, const char *name) {
    uint8_t *at = out + 12;
    memcpy(out, (uint8_t[]){ id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, 12);
    while (*name) {
        size_t label = strcspn(name, ".");
        *at++ = (uint8_t)label;
        memcpy(at, name, label);
        at += label;
        name += label + (name[label] == '.');
    }
    memcpy(at, (uint8_t[]){ 0, 0, 1, 0, 1 }, 5);
    return (int)(at + 5 - out);
}

static void end(struct lookup *lookup, int good, const char *why) {
    int64_t time = now();
    if (good) {
        answered++;
        if (time - lookup->started > slowest) slowest = time - lookup->started;
    } else {
        lost++;
        if (!first_loss) first_loss = lookup->started;
        last_loss = lookup->started;
        if (sampled < SAMPLES)
            snprintf(samples[sampled++], sizeof samples[0], "%s, asked at %.3f s", why, (lookup->started - begun) / 1e9);
    }
    if (tcp) close(lookup->socket);
    lookup->deadline = 0;
}

static int open_socket(void) {
    int socket_ = socket(server.ss_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
    if (socket_ < 0 || (connect(socket_, (struct sockaddr *)&server, server_length) < 0 && errno != EINPROGRESS)) {
        perror("asker: socket");
        exit(1);
    }
    return socket_;
}

static void start(void) {
    struct lookup *lookup = NULL;
    char name[64];
    uint16_t id = (uint16_t)sent;
    lookup = &lookups[sent % SLOTS];
    if (lookup->deadline) { fprintf(stderr, "asker: more than %d in flight\n", SLOTS); exit(1); }
    if (sent % 2) snprintf(name, sizeof name, "f%ld-%d-%d.outside.test", sent, getpid(), tcp);
    else snprintf(name, sizeof name, "kubernetes.default.svc.cluster.local");
    lookup->id = id;
    lookup->started = now();
    lookup->deadline = lookup->started + SECOND;
    lookup->got = 0;
    sent++;
    if (tcp) {
        lookup->length = build(lookup->query + 2, id, name);
        lookup->query[0] = (uint8_t)(lookup->length >> 8);
        lookup->query[1] = (uint8_t)lookup->length;
        lookup->length += 2;
        lookup->socket = open_socket();
        lookup->connecting = 1;
    } else {
        lookup->length = build(lookup->query, id, name);
        lookup->socket = udp[id % UDP_SOCKETS];
        /* ECONNREFUSED here tells of an earlier datagram, so this one goes out again. */
        while (send(lookup->socket, lookup->query, (size_t)lookup->length, 0) < 0 && errno == ECONNREFUSED) refused++;
    }
}

static void read_udp(int socket_) {
    uint8_t reply[1500];
    for (;;) {
        ssize_t length = recv(socket_, reply, sizeof reply, 0);
        if (length < 0 && errno == ECONNREFUSED) { refused++; continue; }
        if (length < 0) return;
        if (length < 12) continue;
        uint16_t id = (uint16_t)(reply[0] << 8 | reply[1]);
        /* The slot is the number of the lookup modulo SLOTS, and the id its low 16 bits. */
        struct lookup *lookup = &lookups[id % SLOTS];
        if (!lookup->deadline || lookup->id != id) continue;
        int good = (reply[3] & 15) == 0;
        if (!good) wrong++;
        end(lookup, good, "not NOERROR");
    }
}

static void step_tcp(struct lookup *lookup) {
    uint8_t reply[1500];
    if (lookup->connecting) {
        ssize_t written = send(lookup->socket, lookup->query, (size_t)lookup->length, MSG_NOSIGNAL);
        if (written < 0 && (errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN)) return;
        if (written < 0) { refused++; end(lookup, 0, strerror(errno)); return; }
        lookup->connecting = 0;
    }
    ssize_t length = recv(lookup->socket, reply, sizeof reply, 0);
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) { refused++; end(lookup, 0, length ? strerror(errno) : "closed without an answer"); return; }
    for (ssize_t i = 0; i < length; i++, lookup->got++) {
        /* Octet 5 of the stream, after the length, is the one with the rcode. */
        if (lookup->got == 5) {
            int good = (reply[i] & 15) == 0;
            if (!good) wrong++;
            end(lookup, good, "not NOERROR");
            return;
        }
    }
}

int main(int count, char **arguments) {
    static struct pollfd polled[SLOTS + UDP_SOCKETS + 1];
    static struct lookup *owner[SLOTS + UDP_SOCKETS + 1];
    if (count != 4) { fprintf(stderr, "usage: asker SERVER udp|tcp PER_SECOND\n"); return 2; }
    struct sockaddr_in *v4 = (struct sockaddr_in *)&server;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&server;
    if (inet_pton(AF_INET, arguments[1], &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET; v4->sin_port = htons(53); server_length = sizeof *v4;
    } else if (inet_pton(AF_INET6, arguments[1], &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6; v6->sin6_port = htons(53); server_length = sizeof *v6;
    } else { fprintf(stderr, "asker: %s is not an address\n", arguments[1]); return 2; }
    tcp = strcmp(arguments[2], "tcp") == 0;
    int64_t gap = SECOND / atoi(arguments[3]);
    for (int i = 0; !tcp && i < UDP_SOCKETS; i++) udp[i] = open_socket();

    begun = now();
    int64_t next = begun, stop = 0;
    long oldest = 0;
    puts("asking");
    fflush(stdout);
    while (!stop || now() < stop) {
        /* A process that was kept from running sends what it is behind with, but never a flood. */
        for (int burst = 0; !stop && now() >= next && burst < 20; burst++) { start(); next += gap; }
        if (now() > next + SECOND / 10) next = now();

        int polls = 0;
        owner[polls] = NULL;
        polled[polls++] = (struct pollfd){ stop ? -1 : 0, POLLIN, 0 };
        if (!tcp) for (int i = 0; i < UDP_SOCKETS; i++) { owner[polls] = NULL; polled[polls++] = (struct pollfd){ udp[i], POLLIN, 0 }; }
        int64_t time = now();
        while (oldest < sent && !lookups[oldest % SLOTS].deadline) oldest++;
        for (long i = oldest; i < sent; i++) {
            struct lookup *lookup = &lookups[i % SLOTS];
            if (lookup->deadline && time >= lookup->deadline) { timed_out++; end(lookup, 0, "no answer in 1 s"); }
            else if (lookup->deadline && tcp) {
                owner[polls] = lookup;
                polled[polls++] = (struct pollfd){ lookup->socket, lookup->connecting ? POLLOUT : POLLIN, 0 };
            }
        }
        int64_t wait = next - now();
        struct timespec pause = { 0, wait < 0 || stop ? SECOND / 1000 : wait > SECOND / 100 ? SECOND / 100 : wait };
        ppoll(polled, (nfds_t)polls, &pause, NULL);
        char byte;
        if (!stop && polled[0].revents && read(0, &byte, 1) <= 0) stop = now() + SECOND + SECOND / 10;
        for (int i = 1; i < polls; i++) {
            if (!polled[i].revents) continue;
            if (tcp) step_tcp(owner[i]); else read_udp(polled[i].fd);
        }
    }
    printf("sent=%ld answered=%ld lost=%ld timed_out=%ld wrong=%ld refused=%ld slowest_ms=%.1f window_ms=%.1f seconds=%.1f\n",
        sent, answered, lost, timed_out, wrong, refused, slowest / 1e6, lost ? (last_loss - first_loss) / 1e6 : 0.0,
        (now() - begun) / 1e9);
    for (int i = 0; i < sampled; i++) printf("lost: %s\n", samples[i]);
    return 0;
}
