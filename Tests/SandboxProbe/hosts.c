// Hosts that are not like others: executes a program under a seccomp filter, as containers and debuggers do, or marks
// a cgroup.
#define _GNU_SOURCE
#include "hosts.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static long install(struct sock_filter *instructions, unsigned short count, unsigned flags) {
    struct sock_fprog program = {count, instructions};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

// `under-filter NUMBER ERRNO PROGRAM…`: one system call returns an errno.
static int under_filter(char **arguments) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)atoi(arguments[0]), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)atoi(arguments[1])),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    if (install(filter, sizeof filter / sizeof *filter, 0) == 0) execv(arguments[2], arguments + 2);
    perror("under-filter");
    return 1;
}

// `under-notifier PROGRAM…`: somebody listens to this process's calls, so that nobody else can.
static int under_notifier(char **arguments) {
    struct sock_filter filter[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    long listener = install(filter, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (listener >= 0) {
        // A child holds the listener open, for as long as we live.
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
            for (int fd = 0; fd < 16; fd++)
                if (fd != listener) close(fd);
            for (;;) pause();
        }
        execv(arguments[0], arguments);
    }
    perror("under-notifier");
    return 1;
}

// `delegated DIRECTORY`: marks a cgroup as systemd does.
static int delegated(const char *directory) {
    if (setxattr(directory, "user.delegate", "1", 1, 0) == 0) return 0;
    perror("delegated");
    return 1;
}

int host_command(int count, char **arguments) {
    if (count > 5 && !strcmp(arguments[1], "under-filter")) return under_filter(arguments + 2);
    if (count > 3 && !strcmp(arguments[1], "under-notifier")) return under_notifier(arguments + 2);
    if (count == 3 && !strcmp(arguments[1], "delegated")) return delegated(arguments[2]);
    return -1;
}
