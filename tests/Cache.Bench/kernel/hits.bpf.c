/* Prototype: answers hot A and AAAA names on the host's side of a pod's veth, before the packet reaches a socket.
   Attached to clsact ingress; whatever it does not know goes on to the cache as if it were not there.

   It answers a query of one question, class IN, without EDNS, of a name of at most 64 octets that `entries` holds and
   that has not expired. It appends one record, turns the packet round and sends it back out of the same device. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define BIG16(v) __builtin_bswap16(v)
#define BIG32(v) __builtin_bswap32(v)

enum { ETHERNET = 14, IP = 20, UDP = 8, DNS = 12, QUESTION_AT = ETHERNET + IP + UDP + DNS, MAX_NAME = 64 };

/* Shared with fill.c. */
struct key { __u16 type; __u16 length; __u8 name[MAX_NAME]; };
struct value { __u64 expires_ns; __u16 type; __u16 length; __u8 data[16]; };

struct {
    int (*type)[BPF_MAP_TYPE_HASH];
    int (*max_entries)[65536];
    struct key *key;
    struct value *value;
    int (*pinning)[1]; /* by name */
} entries SECTION(".maps");

/* Answers given: what the cache would add to its own hit counter. */
struct {
    int (*type)[BPF_MAP_TYPE_PERCPU_ARRAY];
    int (*max_entries)[1];
    __u32 *key;
    __u64 *value;
    int (*pinning)[1];
} answered SECTION(".maps");

static void *(*map_lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*load_bytes)(const struct __sk_buff *, __u32 at, void *to, __u32 length) = (void *)BPF_FUNC_skb_load_bytes;
static long (*store_bytes)(struct __sk_buff *, __u32 at, const void *from, __u32 length, __u64 flags) = (void *)BPF_FUNC_skb_store_bytes;
static long (*change_tail)(struct __sk_buff *, __u32 length, __u64 flags) = (void *)BPF_FUNC_skb_change_tail;
static long (*redirect)(__u32 device, __u64 flags) = (void *)BPF_FUNC_redirect;
static __u64 (*now_ns)(void) = (void *)BPF_FUNC_ktime_get_ns;

struct packet { /* Ethernet, IPv4 without options, UDP, DNS header */
    __u8 to[6], from[6];
    __u16 protocol;
    __u8 version, tos;
    __u16 length, id, fragment;
    __u8 ttl, transport;
    __u16 checksum;
    __u32 source, destination;
    __u16 source_port, destination_port, udp_length, udp_checksum;
    __u16 dns_id, flags, questions, answers, authority, additional;
} __attribute__((packed));

struct record { __u16 owner, type, class; __u32 ttl; __u16 length; __u8 data[16]; } __attribute__((packed));

INLINE __u16 ip_checksum(const struct packet *p) {
    const __u8 *at = (const __u8 *)p + ETHERNET;
    __u32 sum = 0;
#pragma unroll
    for (int i = 0; i < IP; i += 2)
        if (i != 10) sum += (__u32)at[i] << 8 | at[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    return BIG16((__u16)~((sum & 0xffff) + (sum >> 16)));
}

SECTION("classifier") int answer(struct __sk_buff *skb) {
    struct packet p;
    if (load_bytes(skb, 0, &p, sizeof p) != 0) return TC_ACT_OK;
    if (p.protocol != BIG16(0x0800) || p.version != 0x45 || p.transport != 17 || p.destination_port != BIG16(53)
        || (p.fragment & BIG16(0x3fff)) || (p.flags & BIG16(0xfa00)) || p.questions != BIG16(1) || p.answers
        || p.authority || p.additional)
        return TC_ACT_OK;

    /* Without EDNS the question is the rest of the packet: name, type, class. */
    __u64 length = skb->len - (QUESTION_AT + 4);
    asm volatile("" : "+r"(length)); /* so that the verifier sees the same register compared and used */
    struct key key = {0};
    if (length < 1 || length > MAX_NAME || load_bytes(skb, QUESTION_AT, key.name, (__u32)length) != 0) return TC_ACT_OK;
    __u16 tail[2];
    if (load_bytes(skb, QUESTION_AT + (__u32)length, tail, sizeof tail) != 0 || tail[1] != BIG16(1)) return TC_ACT_OK;
    key.type = tail[0], key.length = (__u16)length;
#pragma unroll
    for (int i = 0; i < MAX_NAME; i++)
        if ((__u8)(key.name[i] - 'A') < 26) key.name[i] |= 0x20;

    struct value *value = map_lookup(&entries, &key);
    __u64 now = now_ns();
    if (value == 0 || value->expires_ns <= now || (value->length != 4 && value->length != 16)) return TC_ACT_OK;

    struct record record = {BIG16(0xc00c), value->type, BIG16(1), BIG32((__u32)((value->expires_ns - now) / 1000000000)),
        BIG16(value->length), {0}};
    __builtin_memcpy(record.data, value->data, 16);
    __u32 added = value->length == 4 ? 16 : 28, total = skb->len + added;
    if (change_tail(skb, total, 0) != 0) return TC_ACT_OK;

    __u8 hardware[6];
    __builtin_memcpy(hardware, p.to, 6);
    __builtin_memcpy(p.to, p.from, 6);
    __builtin_memcpy(p.from, hardware, 6);
    __u32 address = p.source;
    p.source = p.destination, p.destination = address;
    p.destination_port = p.source_port, p.source_port = BIG16(53);
    p.length = BIG16((__u16)(total - ETHERNET)), p.udp_length = BIG16((__u16)(total - ETHERNET - IP));
    p.ttl = 64, p.udp_checksum = 0; /* IPv4 may go without */
    p.checksum = ip_checksum(&p);
    p.flags = (p.flags & BIG16(0x0110)) | BIG16(0x8080), p.answers = BIG16(1); /* RD and CD kept, QR and RA set */
    store_bytes(skb, 0, &p, sizeof p, 0);
    if (added == 16) store_bytes(skb, total - 16, &record, 16, 0);
    else store_bytes(skb, total - 28, &record, 28, 0);

    __u32 zero = 0;
    __u64 *count = map_lookup(&answered, &zero);
    if (count) ++*count;
    return (int)redirect(skb->ifindex, 0);
}

char _license[] SECTION("license") = "Dual MIT/GPL";
