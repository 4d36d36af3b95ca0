/*
 * A pod that asks continuously: lookups at a steady rate until standard input ends, then one line of numbers.
 *
 *     asker SERVER[,SERVER…] udp|tcp PER_SECOND [NAME]
 *
 * Half of the names are fresh, half are always the same; with NAME all are that. A NAME that begins with "*.", over UDP, gets
 * an address in place of the *, a new one each time (192-0-2-7.default.pod.cluster.local), and that address is the only good
 * answer. Each lookup has a socket of its own, as a resolver library's has. One that is refused goes to the next server at
 * once ("moved"). A connection that is reset is opened again at the same server, once, as glibc does (res_send.c; "again").
 * A lookup that is not answered within 5 seconds, a resolver's own first timeout, is lost, and so is one that got something
 * other than NOERROR. A line on standard input: what was asked before it does not count.
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
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 8192, SERVERS = 3, SAMPLES = 5, TIMES = 1 << 20 };
#define SECOND 1000000000LL
#define PATIENCE (5 * SECOND)

struct lookup {                 /* one in flight; deadline 0: a free slot */
    int64_t started, deadline;
    int socket, server, connecting, again;
    uint8_t query[300];         /* with the length that TCP puts in front */
    int length, got;
    long number;
    uint32_t address;           /* the good answer, where there is only one */
};

static struct lookup lookups[SLOTS];
static struct { struct sockaddr_storage address; socklen_t length; } servers[SERVERS];
static int server_count;
static long sent, answered, moved, again, lost;
static int64_t slowest, first_loss, last_loss, begun;
static char samples[SAMPLES][160];
static int sampled;
static const char *only;        /* NAME */
static int tcp, addresses;      /* NAME begins with "*." */
static long counted_from;       /* the number of the first lookup that counts */
static uint32_t address;        /* the last one */
static float times[TIMES];      /* of lookups that count, in ms */
static long timed;

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
    close(lookup->socket);
    lookup->deadline = 0;
    if (lookup->number < counted_from) return;
    if (timed < TIMES) times[timed++] = (good ? time - lookup->started : PATIENCE) / 1e6f;
    if (good) {
        answered++;
        if (time - lookup->started > slowest) slowest = time - lookup->started;
    } else {
        lost++;
        if (!first_loss) first_loss = lookup->started;
        last_loss = lookup->started;
        if (sampled < SAMPLES)
            snprintf(samples[sampled++], sizeof samples[0], "%s after %.0f ms, asked at %.3f s",
                why, (time - lookup->started) / 1e6, (lookup->started - begun) / 1e9);
    }
}

static void count_from_here(void) {
    counted_from = sent;
    answered = moved = again = lost = timed = sampled = 0;
    slowest = first_loss = 0;
    begun = now();
}

static int by_size(const void *a, const void *b) {
    float one = *(const float *)a, other = *(const float *)b;
    return (one > other) - (one < other);
}

/* The time that all but one in a thousand stay below; a lost lookup took PATIENCE. */
static double all_but_one_in_a_thousand(void) {
    qsort(times, (size_t)timed, sizeof times[0], by_size);
    return timed ? times[(timed * 999 + 999) / 1000 - 1] : 0;
}

/* For a reply that is not good. */
static const char *rcode_of(uint8_t octet) {
    static char text[32];
    snprintf(text, sizeof text, "not the right answer, rcode %d,", octet & 15);
    return text;
}

/* Whether the reply's first record is the A record that was asked for. */
static int is_right(const struct lookup *lookup, const uint8_t *reply, ssize_t length) {
    ssize_t at = lookup->length - 2;
    if (!addresses) return (reply[3] & 15) == 0;
    if (length < at || (reply[3] & 15) != 0 || reply[6] + reply[7] == 0) return 0;
    while (at < length && reply[at] != 0 && reply[at] < 0xC0) at += reply[at] + 1;
    at += at < length && reply[at] >= 0xC0 ? 2 : 1;
    return at + 14 <= length && memcmp(reply + at, (uint8_t[]){ 0, 1, 0, 1 }, 4) == 0
        && memcmp(reply + at + 10, &lookup->address, 4) == 0;
}

static void ask(struct lookup *lookup) {
    struct sockaddr *to = (struct sockaddr *)&servers[lookup->server].address;
    lookup->socket = socket(to->sa_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
    if (lookup->socket < 0 || (connect(lookup->socket, to, servers[lookup->server].length) < 0 && errno != EINPROGRESS)) {
        perror("asker: socket");
        exit(1);
    }
    lookup->got = 0;
    lookup->connecting = tcp;
    if (!tcp) send(lookup->socket, lookup->query + 2, (size_t)lookup->length - 2, 0);
}

static void refused(struct lookup *lookup, const char *why, int reset) {
    if (reset && !lookup->again) {
        close(lookup->socket);
        lookup->again = 1;
        again++;
        ask(lookup);
        return;
    }
    if (lookup->server + 1 == server_count) { end(lookup, 0, why); return; }
    close(lookup->socket);
    lookup->server++;
    moved++;
    ask(lookup);
}

static void start(void) {
    char name[256];
    struct lookup *lookup = &lookups[sent % SLOTS];
    if (lookup->deadline) { fprintf(stderr, "asker: more than %d in flight\n", SLOTS); exit(1); }
    if (addresses) {
        uint8_t *part = (uint8_t *)&lookup->address;
        lookup->address = ++address;
        snprintf(name, sizeof name, "%d-%d-%d-%d%s", part[0], part[1], part[2], part[3], only + 1);
    } else if (only) snprintf(name, sizeof name, "%s", only);
    else if (sent % 2) snprintf(name, sizeof name, "f%ld-%d-%d.outside.test", sent, getpid(), tcp);
    else snprintf(name, sizeof name, "kubernetes.default.svc.cluster.local");
    lookup->started = now();
    lookup->deadline = lookup->started + PATIENCE;
    lookup->number = sent;
    lookup->length = build(lookup->query + 2, (uint16_t)sent, name);
    lookup->query[0] = (uint8_t)(lookup->length >> 8);
    lookup->query[1] = (uint8_t)lookup->length;
    lookup->length += 2;
    lookup->server = lookup->again = 0;
    sent++;
    ask(lookup);
}

static void step(struct lookup *lookup) {
    uint8_t reply[1500];
    if (lookup->connecting) {
        ssize_t written = send(lookup->socket, lookup->query, (size_t)lookup->length, MSG_NOSIGNAL);
        if (written < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
        if (written < 0) { refused(lookup, strerror(errno), errno == ECONNRESET); return; }
        lookup->connecting = 0;
    }
    ssize_t length = recv(lookup->socket, reply, sizeof reply, 0);
    if (length < 0 && errno == EAGAIN) return;
    if (length < 0) { refused(lookup, strerror(errno), errno == ECONNRESET); return; }
    if (length == 0) { refused(lookup, "closed without an answer", 0); return; }
    if (!tcp) { end(lookup, length > 7 && is_right(lookup, reply, length), rcode_of(reply[3])); return; }
    /* The octet with the rcode: 3 in the message, 5 in a stream, where the length is in front. */
    int rcode = 5 - lookup->got;
    lookup->got += (int)length;
    if (rcode < length) end(lookup, (reply[rcode] & 15) == 0, rcode_of(reply[rcode]));
}

static int add_server(const char *text) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)&servers[server_count].address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)v4;
    if (server_count == SERVERS) return 0;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET; v4->sin_port = htons(53); servers[server_count++].length = sizeof *v4;
    } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6; v6->sin6_port = htons(53); servers[server_count++].length = sizeof *v6;
    } else return 0;
    return 1;
}

int main(int count, char **arguments) {
    static struct pollfd polled[SLOTS + 1];
    static struct lookup *owner[SLOTS + 1];
    if (count < 4 || count > 5 || (count > 4 && strlen(arguments[4]) > 230)) {
        fprintf(stderr, "usage: asker SERVER[,SERVER...] udp|tcp PER_SECOND [NAME]\n");
        return 2;
    }
    only = count > 4 ? arguments[4] : NULL;
    for (char *server = strtok(arguments[1], ","); server; server = strtok(NULL, ","))
        if (!add_server(server)) { fprintf(stderr, "asker: %s is not an address, or one too many\n", server); return 2; }
    tcp = strcmp(arguments[2], "tcp") == 0;
    addresses = only && !tcp && strncmp(only, "*.", 2) == 0;
    if (getrandom(&address, sizeof address, 0) != sizeof address) { perror("asker: getrandom"); return 1; }
    int64_t gap = SECOND / atoi(arguments[3]);

    begun = now();
    int64_t next = begun, stop = 0;
    long oldest = 0;
    puts("asking");
    fflush(stdout);
    while (!stop || (oldest < sent && now() < stop)) {
        /* A process that was kept from running sends what it is behind with, but never a flood. */
        for (int burst = 0; !stop && now() >= next && burst < 20; burst++) { start(); next += gap; }
        if (now() > next + SECOND / 10) next = now();

        int polls = 0;
        owner[polls] = NULL;
        polled[polls++] = (struct pollfd){ stop ? -1 : 0, POLLIN, 0 };
        int64_t time = now();
        while (oldest < sent && !lookups[oldest % SLOTS].deadline) oldest++;
        for (long i = oldest; i < sent; i++) {
            struct lookup *lookup = &lookups[i % SLOTS];
            if (lookup->deadline && time >= lookup->deadline) end(lookup, 0, "no answer in time");
            if (lookup->deadline) {
                owner[polls] = lookup;
                polled[polls++] = (struct pollfd){ lookup->socket, lookup->connecting ? POLLOUT : POLLIN, 0 };
            }
        }
        int64_t wait = next - now();
        struct timespec pause = { 0, wait < 0 || stop ? SECOND / 1000 : wait > SECOND / 100 ? SECOND / 100 : wait };
        ppoll(polled, (nfds_t)polls, &pause, NULL);
        char byte;
        if (!stop && polled[0].revents) {
            if (read(0, &byte, 1) <= 0) stop = now() + PATIENCE + SECOND / 10;
            else count_from_here();
        }
        for (int i = 1; i < polls; i++)
            if (polled[i].revents) step(owner[i]);
    }
    printf("sent=%ld answered=%ld lost=%ld moved=%ld again=%ld slowest_ms=%.1f p999_ms=%.1f window_ms=%.1f seconds=%.1f\n",
        sent - counted_from, answered, lost, moved, again, slowest / 1e6, all_but_one_in_a_thousand(),
        lost ? (last_loss - first_loss) / 1e6 : 0.0, (now() - begun) / 1e9);
    for (int i = 0; i < sampled; i++) printf("lost: %s\n", samples[i]);
    return 0;
}
