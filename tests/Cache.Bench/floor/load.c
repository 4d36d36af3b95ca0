/* The load generator. Asks address:port and prints one line of JSON: what was sent, answered, bad and lost, and how
   long answers took.

     load MODE key=value...
       pass      every name and type once, then ends: fills a cache
       closed    as fast as answers come back, `outstanding` questions in flight; waits by polling, or in the kernel
                 with block=1 (when the upstream shares this processor)
       poisson   open loop: `rate` questions a second at random times; an answer's time counts from when its question
                 was due, so a slow server does not slow the questions down; waits as closed does
       tcp       closed, pipelined over `sockets` TCP connections

     address=127.0.0.1 port=53 prefix=h suffix=cluster.local first=0 names=1000 types=A,AAAA sockets=32 outstanding=128 rate=20000
     seconds=1 block=0

   The nth question is PREFIX0000000.SUFFIX with the number first + n/types modulo names. Each answer is checked: the
   question it is for, its id, rcode NOERROR and at least `records` records; a question without an answer for half a second is
   lost. One thread. */
#include "dns.h"

#include <math.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MAX_SOCKETS = 256, MAX_DEPTH = 256, DIGITS = 7, BATCH = 64, STREAM = 1 << 16, BUCKETS = 64 * 40 };
static const uint64_t LOST_AFTER_NS = 500000000;

struct slot {
    uint64_t sent_ns; /* 0: free */
    uint32_t number;
    uint16_t id;
};

struct lane { /* one socket and its questions in flight */
    int fd, in_flight, held;
    uint8_t *input;
    struct slot slots[MAX_DEPTH];
};

static int port = 53, socket_count = 32, outstanding = 128, block, records = 1, streams, type_count, depth;
static uint32_t first, names = 1000, next_number;
static uint64_t random_state = 0x9e3779b97f4a7c15u;
static double rate = 20000, seconds = 1;
static const char *address = "127.0.0.1", *prefix = "h", *suffix = "cluster.local";
static uint16_t types[4];

static uint8_t model[MAX_PACKET];
static int model_length, digits_at;
static struct lane lanes[MAX_SOCKETS];
static uint32_t again[MAX_SOCKETS * MAX_DEPTH]; /* numbers of lost questions, to be asked again */
static int again_count;
static uint64_t sent, answered, bad, lost, histogram[BUCKETS], longest_ns;

static uint64_t next_random(void) {
    random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
    return random_state;
}

/* 64 linear buckets for each power of two: within 1.6 % of the value. */
static int bucket_of(uint64_t ns) {
    if (ns < 64) return (int)ns;
    int shift = 63 - __builtin_clzll(ns) - 6;
    int bucket = (shift + 1) * 64 + (int)((ns >> shift) & 63);
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double percentile_us(double part) {
    uint64_t wanted = (uint64_t)ceil(part * (double)answered), seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        if ((seen += histogram[i]) >= wanted && seen > 0)
            return i < 64 ? i / 1e3 : (double)((uint64_t)(64 + i % 64) << (i / 64 - 1)) / 1e3;
    return 0;
}

static void make_model(void) {
    char name[256];
    snprintf(name, sizeof name, "%s%0*d.%s", prefix, DIGITS, 0, suffix);
    model[2] = 1, model[5] = 1; /* RD, one question */
    model_length = HEADER + put_name(model + HEADER, name);
    digits_at = HEADER + 1 + (int)strlen(prefix);
    put16(model + model_length + 2, 1);
    model_length += 4;
}

static void set_question(uint8_t *packet, uint32_t number) {
    uint32_t name = first + number / (uint32_t)type_count % names;
    for (int i = DIGITS - 1; i >= 0; i--, name /= 10) packet[digits_at + i] = (uint8_t)('0' + name % 10);
    put16(packet + model_length - 4, types[number % (uint32_t)type_count]);
}

/* Writes the next question for a free slot of the lane; the caller knows that there is one. */
static int ask(struct lane *lane, uint8_t *packet, uint64_t due_ns) {
    int i = 0;
    while (lane->slots[i].sent_ns != 0) i++;
    struct slot *slot = &lane->slots[i];
    slot->id = (uint16_t)(next_random() << 8 | (unsigned)i), slot->sent_ns = due_ns;
    slot->number = again_count > 0 ? again[--again_count] : next_number++;
    memcpy(packet, model, (size_t)model_length);
    put16(packet, slot->id);
    set_question(packet, slot->number);
    lane->in_flight++, sent++;
    return model_length;
}

static void take(struct lane *lane, const uint8_t *reply, int length, uint64_t now) {
    if (length < model_length) { bad++; return; }
    struct slot *slot = &lane->slots[reply[1]];
    if (slot->sent_ns == 0 || slot->id != get16(reply)) return; /* late, or for nobody */
    static uint8_t expected[MAX_PACKET];
    if (expected[5] == 0) memcpy(expected, model, sizeof expected);
    set_question(expected, slot->number);
    if (!(reply[2] & 0x80) || (reply[2] & 2) || (reply[3] & 15) != 0 || get16(reply + 4) != 1 || get16(reply + 6) < records
        || memcmp(reply + HEADER, expected + HEADER, (size_t)(model_length - HEADER)) != 0) {
        bad++;
    } else {
        uint64_t took = now > slot->sent_ns ? now - slot->sent_ns : 0;
        histogram[bucket_of(took)]++;
        if (took > longest_ns) longest_ns = took;
        answered++;
    }
    slot->sent_ns = 0, lane->in_flight--;
}

static void forget_lost(uint64_t now) {
    static uint64_t last;
    if (now - last < 100000000) return;
    last = now;
    for (int s = 0; s < socket_count; s++) {
        struct lane *lane = &lanes[s];
        for (struct slot *slot = lane->slots; slot < lane->slots + MAX_DEPTH && lane->in_flight > 0; slot++) {
            if (slot->sent_ns == 0 || now <= slot->sent_ns + LOST_AFTER_NS) continue;
            slot->sent_ns = 0, lane->in_flight--, lost++;
            again[again_count++] = slot->number;
        }
    }
}

static int in_flight(void) {
    int sum = 0;
    for (int s = 0; s < socket_count; s++) sum += lanes[s].in_flight;
    return sum;
}

static void fill_datagrams(struct lane *lane, uint64_t left) {
    static uint8_t packets[MAX_DEPTH][MAX_PACKET];
    static struct iovec parts[MAX_DEPTH];
    static struct mmsghdr messages[MAX_DEPTH];
    int count = 0;
    for (uint64_t now = now_ns(); lane->in_flight < depth && left > 0; left--, count++) {
        parts[count] = (struct iovec){packets[count], (size_t)ask(lane, packets[count], now)};
        messages[count].msg_hdr = (struct msghdr){.msg_iov = &parts[count], .msg_iovlen = 1};
    }
    for (int done = 0; done < count;) {
        int n = sendmmsg(lane->fd, messages + done, (unsigned)(count - done), 0);
        done += n > 0 ? n : 1;
    }
}

static void fill_stream(struct lane *lane, uint64_t left) {
    static uint8_t out[MAX_DEPTH * (MAX_PACKET + 2)];
    int size = 0;
    for (uint64_t now = now_ns(); lane->in_flight < depth && left > 0; left--) {
        int length = ask(lane, out + size + 2, now);
        put16(out + size, (unsigned)length);
        size += 2 + length;
    }
    for (int done = 0; done < size;) {
        ssize_t n = send(lane->fd, out + done, (size_t)(size - done), MSG_NOSIGNAL);
        if (n <= 0) perror("send"), exit(1);
        done += (int)n;
    }
}

static int drain_datagrams(struct lane *lane) {
    static uint8_t packets[BATCH][MAX_PACKET * 3];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    for (int i = 0; i < BATCH && parts[i].iov_base == NULL; i++) {
        parts[i] = (struct iovec){packets[i], sizeof packets[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(lane->fd, messages, BATCH, MSG_DONTWAIT, NULL);
    uint64_t now = count > 0 ? now_ns() : 0;
    for (int i = 0; i < count; i++) take(lane, packets[i], (int)messages[i].msg_len, now);
    return count > 0 ? count : 0;
}

static int drain_stream(struct lane *lane) {
    ssize_t got = recv(lane->fd, lane->input + lane->held, (size_t)(STREAM - lane->held), MSG_DONTWAIT);
    if (got == 0) fprintf(stderr, "load: the server closed a connection\n"), exit(1);
    if (got < 0) return 0;
    uint64_t now = now_ns();
    int at = 0, count = 0;
    lane->held += (int)got;
    for (; lane->held - at >= 2 && lane->held - at >= 2 + get16(lane->input + at); count++) {
        int size = get16(lane->input + at);
        take(lane, lane->input + at + 2, size, now);
        at += 2 + size;
    }
    memmove(lane->input, lane->input + at, (size_t)(lane->held - at));
    lane->held -= at;
    return count;
}

static void fill(struct lane *lane, uint64_t left) {
    if (lane->in_flight < depth && left > 0) (streams ? fill_stream : fill_datagrams)(lane, left);
}

static int drain(struct lane *lane) { return (streams ? drain_stream : drain_datagrams)(lane); }

/* As many questions in flight as allowed until the time is up or `total` were asked, then waits for the rest. */
static void run_closed(int poll, uint64_t total) {
    struct epoll_event ready[MAX_SOCKETS];
    uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
    for (;;) {
        uint64_t now = now_ns(), left = now < end && sent - lost < total ? total - (sent - lost) : 0;
        if (left == 0 && in_flight() == 0) return;
        int all = !block || sent == 0, count = all ? socket_count : epoll_wait(poll, ready, MAX_SOCKETS, 20);
        if (count == 0) /* after a loss nobody is ready: ask on every lane that has room again */
            for (int s = 0; s < socket_count; s++) fill(&lanes[s], left);
        for (int i = 0; i < count; i++) {
            struct lane *lane = all ? &lanes[i] : ready[i].data.ptr;
            drain(lane);
            fill(lane, left > 0 && sent - lost < total ? total - (sent - lost) : 0);
        }
        forget_lost(now);
    }
}

static void run_poisson(int poll) {
    struct epoll_event ready[MAX_SOCKETS];
    uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
    double due = (double)now_ns();
    uint8_t packet[MAX_PACKET];
    for (;;) {
        uint64_t now = now_ns();
        if (now >= end && (in_flight() == 0 || now > end + LOST_AFTER_NS)) break;
        for (; now < end && due <= (double)now; due += -log((double)((next_random() >> 11) + 1) / 0x1p53) * 1e9 / rate) {
            struct lane *lane = &lanes[next_number / (uint32_t)type_count % (uint32_t)socket_count];
            if (lane->in_flight == MAX_DEPTH) { next_number++, sent++, lost++; continue; }
            int length = ask(lane, packet, (uint64_t)due);
            send(lane->fd, packet, (size_t)length, MSG_NOSIGNAL);
        }
        double wait_ns = block && due > (double)now ? due - (double)now : 0;
        struct timespec wait = {.tv_nsec = wait_ns < 2e7 ? (long)wait_ns : 20000000};
        int count = epoll_pwait2(poll, ready, MAX_SOCKETS, &wait, NULL);
        for (int i = 0; i < count; i++) drain(ready[i].data.ptr);
        forget_lost(now);
    }
    lost += (uint64_t)in_flight();
}

static void read_options(int argc, char **argv) {
    char *list = "A,AAAA";
    for (int i = 2; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value == NULL) fprintf(stderr, "load: %s: expected key=value\n", argv[i]), exit(2);
        *value++ = 0;
#define OPTION(name, target, parse) if (strcmp(argv[i], name) == 0) { target = parse; continue; }
        OPTION("address", address, value)
        OPTION("port", port, atoi(value))
        OPTION("prefix", prefix, value)
        OPTION("suffix", suffix, value)
        OPTION("first", first, (uint32_t)atol(value))
        OPTION("names", names, (uint32_t)atol(value))
        OPTION("types", list, value)
        OPTION("sockets", socket_count, atoi(value))
        OPTION("outstanding", outstanding, atoi(value))
        OPTION("rate", rate, atof(value))
        OPTION("seconds", seconds, atof(value))
        OPTION("block", block, atoi(value))
        OPTION("records", records, atoi(value))
#undef OPTION
        fprintf(stderr, "load: %s: no such option\n", argv[i]), exit(2);
    }
    type_count = strcmp(list, "A,AAAA") == 0 ? 2 : 1;
    types[0] = strcmp(list, "AAAA") == 0 ? TYPE_AAAA : TYPE_A, types[1] = TYPE_AAAA;
    depth = outstanding / socket_count;
    if (socket_count < 1 || socket_count > MAX_SOCKETS || depth < 1 || depth > MAX_DEPTH || names < 1 || rate <= 0)
        fprintf(stderr, "load: 1 to %d sockets, 1 to %d questions on each\n", MAX_SOCKETS, MAX_DEPTH), exit(2);
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: load pass|closed|poisson|tcp key=value...\n"), 2;
    const char *mode = argv[1];
    streams = strcmp(mode, "tcp") == 0;
    int pass = strcmp(mode, "pass") == 0;
    read_options(argc, argv);
    make_model();
    random_state ^= now_ns();
    int poll = must(epoll_create1(0), "epoll_create1"), room = 4 << 20, on = 1;
    struct sockaddr_in server = loopback(port);
    server.sin_addr.s_addr = inet_addr(address);
    int polled = block || strcmp(mode, "poisson") == 0;
    for (int s = 0; s < socket_count; s++) {
        struct lane *lane = &lanes[s];
        lane->fd = must(socket(AF_INET, streams ? SOCK_STREAM : SOCK_DGRAM, 0), "socket");
        must(connect(lane->fd, (struct sockaddr *)&server, sizeof server), "connect");
        setsockopt(lane->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        if (streams) lane->input = malloc(STREAM), setsockopt(lane->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = lane};
        if (polled) must(epoll_ctl(poll, EPOLL_CTL_ADD, lane->fd, &wanted), "epoll_ctl");
    }

    uint64_t start = now_ns();
    if (strcmp(mode, "poisson") == 0) run_poisson(poll);
    else if (pass) seconds = 20, run_closed(poll, (uint64_t)names * (uint64_t)type_count);
    else run_closed(poll, UINT64_MAX);
    double took = (double)(now_ns() - start) / 1e9;

    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    double cpu = (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec) + (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec) / 1e6;
    printf("{\"sent\":%llu,\"answered\":%llu,\"bad\":%llu,\"lost\":%llu,\"seconds\":%.4f,\"qps\":%.0f,\"p50_us\":%.1f,"
           "\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"own_cpu_seconds\":%.4f}\n",
           (unsigned long long)sent, (unsigned long long)answered, (unsigned long long)bad, (unsigned long long)lost, took,
           (double)answered / took, percentile_us(.5), percentile_us(.9), percentile_us(.99), (double)longest_ns / 1e3, cpu);
    return answered == 0;
}
