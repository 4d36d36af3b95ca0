/* Fills the prototype's map, or reads its counter.
     fill MAP names=N          h0000000.cluster.local and so on, A and AAAA, for an hour
     fill COUNTER              prints how many answers the program has given */
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../floor/dns.h"

enum { MAX_NAME = 64, MAX_PROCESSORS = 256 };
struct key { uint16_t type, length; uint8_t name[MAX_NAME]; };
struct value { uint64_t expires_ns; uint16_t type, length; uint8_t data[16]; };

static int bpf(int command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: fill MAP [names=N]\n"), 2;
    union bpf_attr open = {.pathname = (uint64_t)argv[1]};
    int map = must(bpf(BPF_OBJ_GET, &open), argv[1]), names = 0;
    if (argc == 2) {
        uint64_t counts[MAX_PROCESSORS] = {0}, sum = 0;
        uint32_t zero = 0;
        union bpf_attr read = {.map_fd = (uint32_t)map, .key = (uint64_t)&zero, .value = (uint64_t)counts};
        must(bpf(BPF_MAP_LOOKUP_ELEM, &read), "lookup");
        for (int i = 0; i < MAX_PROCESSORS; i++) sum += counts[i];
        return printf("%llu\n", (unsigned long long)sum) < 0;
    }
    sscanf(argv[2], "names=%d", &names);
    for (int i = 0; i < 2 * names; i++) {
        char name[64];
        snprintf(name, sizeof name, "h%07d.cluster.local", i / 2);
        struct key key = {.type = htons(i & 1 ? TYPE_AAAA : TYPE_A)};
        key.length = (uint16_t)put_name(key.name, name);
        struct value value = {now_ns() + 3600000000000u, key.type, i & 1 ? 16 : 4, {10, 96, 1, 2}};
        union bpf_attr update = {.map_fd = (uint32_t)map, .key = (uint64_t)&key, .value = (uint64_t)&value};
        must(bpf(BPF_MAP_UPDATE_ELEM, &update), "update");
    }
    return 0;
}
