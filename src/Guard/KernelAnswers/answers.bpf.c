/* Answers hot names on the host's side of a pod's veth, before the packet reaches a socket.

   Attached to the ingress of the device (tcx or clsact). What it cannot answer exactly as the cache would goes on
   unchanged. What it answers is turned round and sent back out of the same device.

     packet -> a plain query to a local address? -> hash of name, type, address -> slot -> copy, count TTLs down -> send

   The slots are the cache's (AnswerSlots.cs has the same layout and the same hash). The program trusts nothing in them
   but as octets of a reply to a question that was asked: every length is checked. The settings are the guard's alone. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define BIG16(v) __builtin_bswap16(v)
#define BIG32(v) __builtin_bswap32(v)

/* The verifier has to see the same register compared and used. */
#define KEEP_IN_REGISTER(v) asm volatile("" : "+r"(v))

/* Keeps the compiler from reading far ahead, for which the stack has no room. */
#define ONE_AFTER_THE_OTHER asm volatile("" ::: "memory")

enum {
    ETHERNET = 14, IPV4 = 20, IPV6 = 40, UDP = 8, DNS = 12, OPT = 11, TYPE_AND_CLASS = 4,
    PROTOCOL_UDP = 17, HOP_LIMIT = 64, MIN_UDP_SIZE = 512,
    MAX_SERVERS = 64, MAX_NAME = 128, MAX_TTLS = 32, WAYS = 8, SETS = 256, MAX_WATCHED = 8,
    PART_WORDS = 13, PARTS = 7, MAX_RECORDS = PARTS * PART_WORDS * 8,
    QR = 0x8000, OPCODE = 0x7800, RD = 0x0100, RA = 0x0080, AD = 0x0020, CD = 0x0010, KEPT_OF_ANSWER = 0x022f,
};

/* What is done with no more of the records than there are. Without a loop, because the verifier lets no program without
   CAP_PERFMON reach the same instruction with pointers to different places. */
#define EACH_PART(do) do(0) do(1) do(2) do(3) do(4) do(5) do(6)

/* One answer, 1,024 octets. The first 64 are written here and there, the rest by the cache alone. */
struct slot {
    __u32 sequence; /* odd: being written */
    __u32 hash;
    __u64 plain_hits, edns_hits; /* without and with OPT; they only grow */
    __u8 reserved[40];
    __s64 stored_ms, until_ms; /* CLOCK_MONOTONIC */
    __u32 ttl_seconds;
    __u16 flags, type; /* host order, like all numbers here */
    __u16 server, name_length;
    __u16 records_length, udp_size;
    __u8 counts[6]; /* as in the message */
    __u8 ttl_count, keeps_ttl;
    __u64 name[MAX_NAME / 8]; /* lower case, zeros after it */
    __u16 ttl_at[MAX_TTLS];   /* from the start of the records */
    __u64 records[MAX_RECORDS / 8]; /* zeros after them */
};

_Static_assert(sizeof(struct slot) == 1024 && __builtin_offsetof(struct slot, stored_ms) == 64
    && __builtin_offsetof(struct slot, flags) == 84 && __builtin_offsetof(struct slot, records_length) == 92
    && __builtin_offsetof(struct slot, counts) == 96 && __builtin_offsetof(struct slot, name) == 104
    && __builtin_offsetof(struct slot, ttl_at) == 232 && __builtin_offsetof(struct slot, records) == 296,
    "AnswerSlots.cs names these offsets");

/* After the slots, and as long as one: the clients that somebody watches, whose packets go on. */
struct watched {
    __u32 count, reserved;
    struct { __u64 address[2], mask[2]; } networks[MAX_WATCHED]; /* IPv4 mapped into IPv6, masked */
};

struct server { __u32 address[4], port; }; /* network order, IPv4 mapped into IPv6 */

/* What does not fit onto the program's stack of 512 octets. One for each processor: nothing interrupts the program. */
struct scratch {
    __u64 name[MAX_NAME / 8];
    __u64 records[MAX_RECORDS / 8];
};

#define MAP(kind, key_type, value_type, entries, name)                                                                \
    struct {                                                                                                     \
        int (*type)[kind];                                                                                       \
        int (*max_entries)[entries];                                                                             \
        key_type *key;                                                                                           \
        value_type *value;                                                                                       \
    } name SECTION(".maps")

MAP(BPF_MAP_TYPE_ARRAY, __u32, __u32, 1, active);             /* 0: every packet goes on */
MAP(BPF_MAP_TYPE_HASH, struct server, __u32, MAX_SERVERS, servers); /* the numbers of the guard's addresses */
MAP(BPF_MAP_TYPE_ARRAY_OF_MAPS, __u32, __u32, 1, slots);       /* one map: that of the cache that serves */
MAP(BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct scratch, 1, scratches);

static void *(*map_lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*load_bytes)(const struct __sk_buff *, __u32 at, void *to, __u32 length) = (void *)BPF_FUNC_skb_load_bytes;
static long (*store_bytes)(struct __sk_buff *, __u32 at, const void *from, __u32 length, __u64 flags) =
    (void *)BPF_FUNC_skb_store_bytes;
static long (*change_tail)(struct __sk_buff *, __u32 length, __u64 flags) = (void *)BPF_FUNC_skb_change_tail;
static long (*redirect)(__u32 device, __u64 flags) = (void *)BPF_FUNC_redirect;
static __u64 (*now_ns)(void) = (void *)BPF_FUNC_ktime_get_ns;

struct ethernet { __u8 to[6], from[6]; __u16 protocol; } __attribute__((packed));

struct ipv4 {
    struct ethernet ethernet;
    __u8 version, tos;
    __u16 length, id, fragment;
    __u8 ttl, transport;
    __u16 checksum;
    __u32 source, destination;
} __attribute__((packed));

struct ipv6 {
    struct ethernet ethernet;
    __u32 version;
    __u16 length;
    __u8 transport, hop_limit;
    __u32 source[4], destination[4];
} __attribute__((packed));

struct udp_dns {
    __u16 source, destination, length, checksum;
    __u16 id, flags, questions, answers, authority, additional;
} __attribute__((packed));

struct opt { __u8 root; __u16 type, udp_size; __u32 ttl; __u16 length; } __attribute__((packed));

INLINE void turn_round(struct ethernet *e) {
    __u8 hardware[6];
    __builtin_memcpy(hardware, e->to, 6);
    __builtin_memcpy(e->to, e->from, 6);
    __builtin_memcpy(e->from, hardware, 6);
}

INLINE __u32 fold(__u64 sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (__u32)((sum & 0xffff) + (sum >> 16));
}

/* The sum of 16-bit words of the internet checksum (RFC 1071), four at a time. */
INLINE __u64 add(__u64 sum, __u64 word) { return sum + (word & 0xffffffff) + (word >> 32); }

INLINE __u16 ipv4_checksum(const struct ipv4 *p) {
    const __u16 *word = (const __u16 *)&p->version;
    __u64 sum = 0;
#pragma unroll
    for (int i = 0; i < IPV4 / 2; i++) sum += word[i];
    return (__u16)~fold(sum);
}

/* ASCII capitals to lower case, in eight octets at once. */
INLINE __u64 lower(__u64 word) {
    const __u64 ones = 0x0101010101010101u;
    __u64 seven = word & (0x7f * ones);
    __u64 capital = ((seven + (0x80 - 'A') * ones) & ~(seven + (0x7f - 'Z') * ones)) & ~word & (0x80 * ones);
    return word | capital >> 2;
}

INLINE __u64 mix(__u64 hash, __u64 word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

SECTION("tc") int answer(struct __sk_buff *skb) {
    __u32 zero = 0, udp_at;
    union { struct ipv4 v4; struct ipv6 v6; } ip;
    struct server to = {{0, 0, BIG32(0xffff), 0}, 0};
    union { __u32 words[4]; __u64 halves[2]; } from = {{0, 0, BIG32(0xffff), 0}};
    int is_ipv6 = skb->protocol == BIG16(0x86dd);

    /* 1. A whole UDP datagram without IP options. */
    if (skb->vlan_present || skb->gso_size || skb->pkt_type == 1 || skb->pkt_type == 2) return TC_ACT_UNSPEC;
    if (skb->protocol == BIG16(0x0800)) {
        udp_at = ETHERNET + IPV4;
        if (load_bytes(skb, 0, &ip, sizeof ip.v4) != 0) return TC_ACT_UNSPEC;
        if (ip.v4.version != 0x45 || ip.v4.transport != PROTOCOL_UDP || (ip.v4.fragment & BIG16(0x3fff))
            || BIG16(ip.v4.length) + ETHERNET != skb->len)
            return TC_ACT_UNSPEC;
        to.address[3] = ip.v4.destination, from.words[3] = ip.v4.source;
    } else if (is_ipv6) {
        udp_at = ETHERNET + IPV6;
        if (load_bytes(skb, 0, &ip, sizeof ip.v6) != 0) return TC_ACT_UNSPEC;
        if ((ip.v6.version & BIG32(0xf0000000)) != BIG32(0x60000000) || ip.v6.transport != PROTOCOL_UDP
            || BIG16(ip.v6.length) + udp_at != skb->len)
            return TC_ACT_UNSPEC;
        __builtin_memcpy(to.address, ip.v6.destination, sizeof to.address);
        __builtin_memcpy(from.words, ip.v6.source, sizeof from.words);
    } else
        return TC_ACT_UNSPEC;

    /* 2. A query of one question, perhaps with one additional record. */
    struct udp_dns p;
    if (load_bytes(skb, udp_at, &p, sizeof p) != 0) return TC_ACT_UNSPEC;
    __u16 query_flags = BIG16(p.flags);
    if (BIG16(p.length) + udp_at != skb->len || (query_flags & (QR | OPCODE | CD)) || p.questions != BIG16(1)
        || p.answers || p.authority || (p.additional & ~BIG16(1)))
        return TC_ACT_UNSPEC;

    /* 3. To one of the guard's addresses, while it trusts its cache. */
    __u32 *is_active = map_lookup(&active, &zero);
    if (is_active == 0 || *(volatile __u32 *)is_active == 0) return TC_ACT_UNSPEC;
    to.port = p.destination;
    __u32 *number = map_lookup(&servers, &to);
    if (number == 0) return TC_ACT_UNSPEC;
    __u32 server = *number;

    /* 4. An additional record is a plain OPT: version 0, not DO, no options. It is the last thing in the message. */
    __u32 question_at = udp_at + UDP + DNS, has_opt = p.additional != 0, limit = MIN_UDP_SIZE, asked_size = MIN_UDP_SIZE;
    struct opt opt;
    if (has_opt) {
        if (load_bytes(skb, skb->len - OPT, &opt, sizeof opt) != 0 || opt.root != 0 || opt.type != BIG16(41)
            || opt.ttl != 0 || opt.length != 0)
            return TC_ACT_UNSPEC;
        if (BIG16(opt.udp_size) > MIN_UDP_SIZE) asked_size = BIG16(opt.udp_size);
    }

    /* 5. So the question is all between the header and the end, or the OPT. A name with octets after it, or one that is
       no name, equals no name of a slot, since those are whole and end with their first zero length. */
    struct scratch *scratch = map_lookup(&scratches, &zero);
    if (scratch == 0) return TC_ACT_UNSPEC;
#pragma unroll
    for (int i = 0; i < MAX_NAME / 8; i++) scratch->name[i] = 0;
    __u64 name_length = skb->len - question_at - TYPE_AND_CLASS - (has_opt ? OPT : 0);
    KEEP_IN_REGISTER(name_length);
    if (name_length < 1 || name_length > MAX_NAME || load_bytes(skb, question_at, scratch->name, (__u32)name_length) != 0)
        return TC_ACT_UNSPEC;
    __u16 type_and_class[2];
    if (load_bytes(skb, question_at + (__u32)name_length, type_and_class, sizeof type_and_class) != 0
        || type_and_class[1] != BIG16(1))
        return TC_ACT_UNSPEC;
    __u32 type = BIG16(type_and_class[0]);
    __u64 hash = mix(0, (__u64)type << 32 | server << 16 | name_length), sum = 0;
#pragma unroll
    for (int i = 0; i < MAX_NAME / 8; i++) {
        sum = add(sum, scratch->name[i]);
        scratch->name[i] = lower(scratch->name[i]);
        hash = mix(hash, scratch->name[i]);
        KEEP_IN_REGISTER(sum); /* or it would be put off, and all words kept for it */
        ONE_AFTER_THE_OTHER;
    }

    /* 6. Its slot, unless somebody watches this client. */
    void *map = map_lookup(&slots, &zero);
    if (map == 0) return TC_ACT_UNSPEC;
    __u32 after_slots = SETS * WAYS;
    struct watched *watched = map_lookup(map, &after_slots);
    if (watched == 0) return TC_ACT_UNSPEC;
    __u32 watched_count = *(volatile __u32 *)&watched->count;
#pragma unroll
    for (__u32 i = 0; i < MAX_WATCHED; i++) {
        if (i >= watched_count) break;
        __u64 differs = ((from.halves[0] & watched->networks[i].mask[0]) ^ watched->networks[i].address[0])
            | ((from.halves[1] & watched->networks[i].mask[1]) ^ watched->networks[i].address[1]);
        if (differs == 0) return TC_ACT_UNSPEC;
        ONE_AFTER_THE_OTHER;
    }
    struct slot *slot = 0;
    __u32 sequence = 0, tag = (__u32)hash, first = (__u32)(hash >> 40) % SETS * WAYS;
    for (__u32 way = 0; way < WAYS; way++) {
        __u32 index = first + way;
        struct slot *tried = map_lookup(map, &index);
        if (tried == 0) return TC_ACT_UNSPEC;
        if (*(volatile __u32 *)&tried->hash != tag) continue;
        /* An atomic addition with a result orders the reads after it, on every processor. */
        sequence = __sync_fetch_and_add(&tried->sequence, 0);
        if (sequence & 1) return TC_ACT_UNSPEC;
        __u64 differs = (tried->type ^ type) | (tried->server ^ server) | (tried->name_length ^ name_length);
#pragma unroll
        for (int i = 0; i < MAX_NAME / 8; i++) {
            differs |= tried->name[i] ^ scratch->name[i];
            ONE_AFTER_THE_OTHER;
        }
        if (differs == 0) {
            slot = tried;
            break;
        }
    }
    if (slot == 0) return TC_ACT_UNSPEC;

    /* 7. Is it valid now, and does it fit? */
    __s64 now = (__s64)(now_ns() / 1000000), stored = slot->stored_ms;
    __u32 udp_size = slot->udp_size, ttl_count = slot->ttl_count, ttl = slot->ttl_seconds, flags = slot->flags;
    __u16 counts[3];
    __builtin_memcpy(counts, slot->counts, sizeof counts);
    __u64 records_length = slot->records_length;
    KEEP_IN_REGISTER(records_length);
    if (now >= slot->until_ms || records_length > MAX_RECORDS || records_length < 1 || ttl_count > MAX_TTLS)
        return TC_ACT_UNSPEC;
    if (!slot->keeps_ttl && now > stored) {
        __u64 aged = (__u64)(now - stored) / 1000;
        ttl = aged < ttl ? ttl - (__u32)aged : 0;
    }
    if (has_opt) limit = (asked_size < udp_size ? asked_size : udp_size) - OPT;
    __u32 length = DNS + (__u32)name_length + TYPE_AND_CLASS + (__u32)records_length;
    if (length > limit) return TC_ACT_UNSPEC;

    /* 8. A copy of the records, with the TTLs of now. */
#define COPY(part)                                                                                              \
    if (records_length > part * PART_WORDS * 8) {                                                                 \
        _Pragma("unroll") for (int i = part * PART_WORDS; i < (part + 1) * PART_WORDS; i++)                     \
        {                                                                                                         \
            scratch->records[i] = slot->records[i];                                                               \
            ONE_AFTER_THE_OTHER;                                                                                  \
        }                                                                                                         \
    }
    EACH_PART(COPY)
    for (__u32 i = 0; i < MAX_TTLS; i++) {
        if (i >= ttl_count) break;
        __u64 at = slot->ttl_at[i];
        KEEP_IN_REGISTER(at);
        if (at > MAX_RECORDS - 4) return TC_ACT_UNSPEC;
        __u8 *octet = (__u8 *)scratch->records + at;
        octet[0] = (__u8)(ttl >> 24), octet[1] = (__u8)(ttl >> 16), octet[2] = (__u8)(ttl >> 8), octet[3] = (__u8)ttl;
    }
    /* Read again, so that the verifier does not follow each number of parts to the end: that was two thirds of its work. */
    records_length = *(volatile __u16 *)&slot->records_length;
    KEEP_IN_REGISTER(records_length);
    if (records_length < 1 || records_length > MAX_RECORDS) return TC_ACT_UNSPEC;
    if (__sync_fetch_and_add(&slot->sequence, 0) != sequence) return TC_ACT_UNSPEC;

    /* 9. Nothing has been changed so far; from here on the packet is the reply. */
    __u32 message = length + (has_opt ? OPT : 0), total = udp_at + UDP + message;
    if (change_tail(skb, total, 0) != 0) return TC_ACT_UNSPEC;
    opt.root = 0, opt.type = BIG16(41), opt.udp_size = BIG16((__u16)udp_size), opt.ttl = 0, opt.length = 0;
    p.flags = BIG16((__u16)(QR | RA | (query_flags & RD) | (flags & KEPT_OF_ANSWER & ~(query_flags & AD ? 0 : AD))));
    p.answers = counts[0], p.authority = counts[1];
    p.additional = has_opt ? BIG16((__u16)(BIG16(counts[2]) + 1)) : counts[2];
    __u16 port = p.source;
    p.source = p.destination, p.destination = port;
    p.length = BIG16((__u16)(UDP + message)), p.checksum = 0;
    if (is_ipv6) {
        turn_round(&ip.v6.ethernet);
        __u32 source[4];
        __builtin_memcpy(source, ip.v6.source, sizeof source);
        __builtin_memcpy(ip.v6.source, ip.v6.destination, sizeof source);
        __builtin_memcpy(ip.v6.destination, source, sizeof source);
        ip.v6.version = BIG32(0x60000000), ip.v6.length = p.length, ip.v6.hop_limit = HOP_LIMIT;
        /* IPv6 has no datagrams without a checksum (RFC 8200 section 8.1). */
        const __u16 *word = (const __u16 *)&p;
#pragma unroll
        for (int i = 0; i < (UDP + DNS) / 2; i++) sum += word[i];
#pragma unroll
        for (int i = 0; i < 4; i++) sum += (__u64)ip.v6.source[i] + ip.v6.destination[i];
        sum += (__u64)p.length + BIG16(PROTOCOL_UDP);
        __u64 records = 0;
#define ADD(part)                                                                                               \
    if (records_length > part * PART_WORDS * 8) {                                                                 \
        _Pragma("unroll") for (int i = part * PART_WORDS; i < (part + 1) * PART_WORDS; i++)                       \
        {                                                                                                         \
            records = add(records, scratch->records[i]);                                                          \
            KEEP_IN_REGISTER(records);                                                                            \
        }                                                                                                         \
    }
        EACH_PART(ADD)
        /* What begins at an odd octet is added with its octets swapped. */
        __u32 of_rest = fold(records + type_and_class[0] + type_and_class[1]);
        sum += name_length & 1 ? BIG16((__u16)of_rest) : of_rest;
        if (has_opt) {
            /* 0, 0, 41, size, size, and zeros. */
            __u32 of_opt = fold((__u64)BIG16(41) + opt.udp_size);
            __u32 is_even = (name_length + records_length) & 1; /* its type then begins at an even octet */
            sum += is_even ? of_opt : BIG16((__u16)of_opt);
        }
        __u16 checksum = (__u16)~fold(sum);
        p.checksum = checksum == 0 ? 0xffff : checksum;
        store_bytes(skb, 0, &ip, sizeof ip.v6, 0);
    } else {
        turn_round(&ip.v4.ethernet);
        __u32 address = ip.v4.source;
        ip.v4.source = ip.v4.destination, ip.v4.destination = address;
        ip.v4.length = BIG16((__u16)(total - ETHERNET)), ip.v4.tos = 0, ip.v4.ttl = HOP_LIMIT, ip.v4.checksum = 0;
        ip.v4.checksum = ipv4_checksum(&ip.v4);
        store_bytes(skb, 0, &ip, sizeof ip.v4, 0);
    }
    store_bytes(skb, udp_at, &p, sizeof p, 0);
    store_bytes(skb, question_at + (__u32)name_length + TYPE_AND_CLASS, scratch->records, (__u32)records_length, 0);
    if (has_opt) {
        store_bytes(skb, total - OPT, &opt, sizeof opt, 0);
        __sync_fetch_and_add(&slot->edns_hits, 1);
        ONE_AFTER_THE_OTHER; /* or both counters would be one, reached by a pointer that moves */
        return (int)redirect(skb->ifindex, 0);
    }
    __sync_fetch_and_add(&slot->plain_hits, 1);
    return (int)redirect(skb->ifindex, 0);
}
