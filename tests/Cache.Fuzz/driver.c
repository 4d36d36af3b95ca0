// libFuzzer's side of SharpFuzz: hands each input to a .NET process, and takes from it which branches were taken.
//
//   the environment's FUZZ_PROGRAM and FUZZ_TARGET: what to run
//   shared memory: 64 KiB of counters, then the input; the descriptors 198 and 199: its length, and what came of it
//
// The protocol is that of SharpFuzz's Fuzzer.LibFuzzer.Run.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

enum { COUNTERS = 1 << 16, INPUT = 1 << 20, CONTROL = 198, STATUS = 199 };

__attribute__((used, section("__libfuzzer_extra_counters"))) uint8_t counters[COUNTERS];
static uint8_t *shared;
static int control, status;

static void fail(const char *what) {
    perror(what);
    _exit(1);
}

static int32_t read_status(void) {
    int32_t value;
    ssize_t got;
    // libFuzzer's own alarm interrupts it.
    do got = read(status, &value, sizeof value);
    while (got < 0 && errno == EINTR);
    if (got != sizeof value) {
        fprintf(stderr, "the program ended by itself\n");
        abort();
    }
    return value;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    int to_child[2], from_child[2];
    int memory = shmget(IPC_PRIVATE, COUNTERS + INPUT, IPC_CREAT | 0600);
    if (memory < 0 || pipe(to_child) || pipe(from_child)) fail("driver");
    shared = shmat(memory, NULL, 0);
    if (shared == (void *)-1) fail("shmat");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        char id[12];
        snprintf(id, sizeof id, "%d", memory);
        setenv("__LIBFUZZER_SHM_ID", id, 1);
        setenv("__LIBFUZZER_CONTROL_PIPE_ID", "198", 1);
        setenv("__LIBFUZZER_STATUS_PIPE_ID", "199", 1);
        if (dup2(to_child[0], CONTROL) < 0 || dup2(from_child[1], STATUS) < 0) fail("dup2");
        close(to_child[0]), close(to_child[1]), close(from_child[0]), close(from_child[1]);
        execl(getenv("FUZZ_PROGRAM"), getenv("FUZZ_PROGRAM"), getenv("FUZZ_TARGET"), NULL);
        fail("exec");
    }
    close(to_child[0]), close(from_child[1]);
    control = to_child[1];
    status = from_child[0];
    read_status();
    // Both are attached: it goes with the last of them.
    shmctl(memory, IPC_RMID, NULL);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int32_t length = (int32_t)size;
    memset(shared, 0, COUNTERS);
    memcpy(shared + COUNTERS, data, size);
    if (write(control, &length, sizeof length) != sizeof length) fail("write");
    int32_t outcome = read_status();
    memcpy(counters, shared, COUNTERS);
    if (outcome) abort();
    return 0;
}
