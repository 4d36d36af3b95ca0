/* Keeps each processor named from halting, at SCHED_IDLE so that it yields to everything: without it a virtual
   machine's wake-up from halt (0.1 ms and more) is all that a fixed-rate run measures.
     spin CPU... */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        int last = i == argc - 1;
        if (!last && fork() != 0) continue;
        if (!last) prctl(PR_SET_PDEATHSIG, SIGKILL);
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(atoi(argv[i]), &only);
        struct sched_param none = {0};
        if (sched_setaffinity(0, sizeof only, &only) != 0 || sched_setscheduler(0, SCHED_IDLE, &none) != 0)
            return perror("spin"), 1;
        for (;;) __asm__ volatile("" ::: "memory");
    }
}
