// Prints each function of a running program when it is entered for the first time: there is a breakpoint on every function,
// and it goes when it is hit. x86-64 only. The process is killed at the end.
// Usage: touched PID LOAD-ADDRESS(hex) FUNCTIONS(lines of "hex-offset name") SECONDS
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct function {
    unsigned long address;
    char *name;
    unsigned char first_octet;
    int is_hit;
};

static const unsigned char breakpoint = 0xCC; // int3
static struct function *functions;
static size_t count;
static volatile sig_atomic_t is_over;

static int by_address(const void *a, const void *b)
{
    unsigned long x = ((const struct function *)a)->address, y = ((const struct function *)b)->address;
    return x < y ? -1 : x > y;
}

// Several names may have one address: the first of them stands for all.
static void read_functions(const char *path, unsigned long base)
{
    FILE *list = fopen(path, "r");
    unsigned long offset;
    char *name;
    if (!list) {
        perror(path);
        exit(1);
    }
    while (fscanf(list, "%lx %ms", &offset, &name) == 2) {
        functions = realloc(functions, (count + 1) * sizeof *functions);
        functions[count++] = (struct function){.address = base + offset, .name = name};
    }
    fclose(list);
    qsort(functions, count, sizeof *functions, by_address);
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        if (distinct == 0 || functions[i].address != functions[distinct - 1].address)
            functions[distinct++] = functions[i];
    count = distinct;
}

static void for_each_thread(pid_t pid, void (*action)(pid_t))
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    for (struct dirent *task; tasks && (task = readdir(tasks));)
        if (atoi(task->d_name) > 0)
            action(atoi(task->d_name));
    closedir(tasks);
}

static void stop_thread(pid_t thread)
{
    if (ptrace(PTRACE_SEIZE, thread, 0, PTRACE_O_TRACECLONE)) {
        perror("PTRACE_SEIZE");
        exit(1);
    }
    ptrace(PTRACE_INTERRUPT, thread, 0, 0);
    waitpid(thread, NULL, __WALL);
}

static void continue_thread(pid_t thread) { ptrace(PTRACE_CONT, thread, 0, 0); }

static void on_alarm(int signal)
{
    (void)signal;
    is_over = 1;
}

static void patch(int memory, const struct function *function, unsigned char octet)
{
    if (pwrite(memory, &octet, 1, (off_t)function->address) != 1) {
        perror(function->name);
        exit(1);
    }
}

// The signal to hand on to the thread: none if the stop was of our making.
static int handle_stop(int memory, pid_t thread, int status)
{
    if (status >> 16)
        return 0;
    if (WSTOPSIG(status) != SIGTRAP)
        return WSTOPSIG(status);
    struct user_regs_struct registers;
    ptrace(PTRACE_GETREGS, thread, 0, &registers);
    struct function key = {.address = registers.rip - 1};
    struct function *function = bsearch(&key, functions, count, sizeof key, by_address);
    if (!function)
        return SIGTRAP;
    if (!function->is_hit) {
        patch(memory, function, function->first_octet);
        function->is_hit = 1;
        puts(function->name);
    }
    registers.rip--;
    ptrace(PTRACE_SETREGS, thread, 0, &registers);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: touched PID LOAD-ADDRESS FUNCTIONS SECONDS\n");
        return 2;
    }
    pid_t pid = atoi(argv[1]);
    read_functions(argv[3], strtoul(argv[2], NULL, 16));

    for_each_thread(pid, stop_thread);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDWR);
    for (size_t i = 0; i < count; i++) {
        if (pread(memory, &functions[i].first_octet, 1, (off_t)functions[i].address) != 1) {
            perror(functions[i].name);
            return 1;
        }
        patch(memory, &functions[i], breakpoint);
    }
    for_each_thread(pid, continue_thread);

    sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL);
    alarm((unsigned)atoi(argv[4]));
    while (!is_over) {
        int status;
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0 && errno != EINTR)
            break;
        if (thread > 0 && WIFSTOPPED(status))
            ptrace(PTRACE_CONT, thread, 0, handle_stop(memory, thread, status));
    }
    kill(pid, SIGKILL);
    return 0;
}
