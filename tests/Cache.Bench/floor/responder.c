/* The floor: what a UDP server costs that does next to nothing in user space.
     responder echo PORT     sends each packet back with QR set
     responder cache PORT    a real cache: parse, lower-case, hash, look up, copy, patch id, question and TTL.
                             A name it does not hold it makes up and stores, so every name is a hit the second time.
   Both read and write in batches of 32 with recvmmsg and sendmmsg on one blocking socket. */
#include "dns.h"

enum { BATCH = 32, SLOTS = 1 << 16, MAX_KEY = 96, MAX_ANSWER = 160, TTL = 3600 };

struct entry {
    uint64_t hash;
    uint32_t stored_s;
    uint16_t key_length, answer_length;
    uint8_t key[MAX_KEY], answer[MAX_ANSWER];
};

static struct entry *table;

static uint64_t hash_of(const uint8_t *key, int length) {
    uint64_t h = 0x9e3779b97f4a7c15u ^ (uint64_t)length;
    for (; length >= 8; key += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, key, 8);
        h = (h ^ word) * 0xff51afd7ed558ccdu, h ^= h >> 32;
    }
    for (; length > 0; key++, length--) h = (h ^ *key) * 0xff51afd7ed558ccdu, h ^= h >> 32;
    return h | 1; /* 0 marks an empty slot */
}

/* Finds the key's slot, or the empty one it belongs in; linear probing in a table that stays at most half full. */
static struct entry *find(uint64_t hash, const uint8_t *key, int length) {
    for (uint64_t i = hash >> 8;; i++) {
        struct entry *e = &table[i & (SLOTS - 1)];
        if (e->hash == 0 || (e->hash == hash && e->key_length == length && memcmp(e->key, key, (size_t)length) == 0))
            return e;
    }
}

static int from_cache(const uint8_t *query, int length, uint8_t *out, uint32_t now_s) {
    static int held;
    uint8_t key[MAX_KEY];
    int end = question_end(query, length), key_length = end - HEADER;
    if (end == 0 || key_length > MAX_KEY) return 0;
    for (int i = 0; i < key_length; i++) {
        uint8_t c = query[HEADER + i];
        key[i] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
    }
    uint64_t hash = hash_of(key, key_length);
    struct entry *e = find(hash, key, key_length);
    if (e->hash == 0) {
        int size = answer_any(query, length, out, TTL);
        if (size == 0 || size > MAX_ANSWER || held >= SLOTS / 2) return size;
        held++;
        e->hash = hash, e->stored_s = now_s, e->key_length = (uint16_t)key_length, e->answer_length = (uint16_t)size;
        memcpy(e->key, key, (size_t)key_length);
        memcpy(e->answer, out, (size_t)size);
        return size;
    }
    memcpy(out, e->answer, e->answer_length);
    memcpy(out, query, 2);
    out[2] = (uint8_t)((out[2] & ~1) | (query[2] & 1));
    memcpy(out + HEADER, query + HEADER, (size_t)key_length);
    put32(out + end + 6, TTL - (now_s - e->stored_s));
    return e->answer_length;
}

int main(int argc, char **argv) {
    if (argc != 3) return fprintf(stderr, "usage: responder echo|cache PORT\n"), 2;
    int cache = strcmp(argv[1], "cache") == 0, fd = listening(SOCK_DGRAM, atoi(argv[2]));
    static uint8_t in[BATCH][MAX_PACKET], out[BATCH][MAX_PACKET];
    static struct sockaddr_in peers[BATCH];
    static struct iovec in_parts[BATCH], out_parts[BATCH];
    static struct mmsghdr received[BATCH], replies[BATCH];
    if (cache) table = calloc(SLOTS, sizeof *table);
    for (int i = 0; i < BATCH; i++) {
        in_parts[i] = (struct iovec){in[i], MAX_PACKET};
        received[i].msg_hdr = (struct msghdr){.msg_name = &peers[i], .msg_iov = &in_parts[i], .msg_iovlen = 1};
    }
    for (;;) {
        for (int i = 0; i < BATCH; i++) received[i].msg_hdr.msg_namelen = sizeof peers[i];
        int count = recvmmsg(fd, received, BATCH, MSG_WAITFORONE, NULL), made = 0;
        if (count < 0) continue;
        uint32_t now_s = cache ? (uint32_t)(now_ns() / 1000000000u) : 0;
        for (int i = 0; i < count; i++) {
            int length = (int)received[i].msg_len;
            uint8_t *reply = cache ? out[i] : in[i];
            if (cache) length = from_cache(in[i], length, reply, now_s);
            else if (length >= HEADER) reply[2] |= 0x80;
            if (length <= 0) continue;
            out_parts[made] = (struct iovec){reply, (size_t)length};
            replies[made].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                .msg_namelen = received[i].msg_hdr.msg_namelen, .msg_iov = &out_parts[made], .msg_iovlen = 1};
            made++;
        }
        for (int sent = 0; sent < made;) {
            int n = sendmmsg(fd, replies + sent, (unsigned)(made - sent), 0);
            sent += n > 0 ? n : 1;
        }
    }
}
