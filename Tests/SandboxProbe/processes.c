// Attempts on other processes and on the own privileges.
#define _GNU_SOURCE
#include "probe.h"
#include <grp.h>
#include <sched.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int signal_process(int argc, char **argv) { return report(kill(atoi(argv[0]), atoi(argv[1]))); }

static int signal_by_descriptor(int argc, char **argv) {
    int fd = (int)syscall(SYS_pidfd_open, atoi(argv[0]), 0);
    if (fd < 0) return report(-1);
    return report(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));
}

// Everything that it may signal, and stays alive to say so.
static int signal_all(int argc, char **argv) {
    signal(SIGTERM, SIG_IGN);
    long result = kill(-1, SIGTERM);
    printf(result == 0 || errno == ESRCH ? "done 0\n" : "%s\n", strerrorname_np(errno));
    return 0;
}

static int raise_limit(int argc, char **argv) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_max = limit.rlim_cur = limit.rlim_max + 1;
    return report(setrlimit(RLIMIT_NOFILE, &limit));
}

static int raise_priority(int argc, char **argv) { return report(setpriority(PRIO_PROCESS, 0, -5)); }
static int groups(int argc, char **argv) { gid_t none = 0; return report(setgroups(1, &none)); }
static int set_group(int argc, char **argv) { return report(setgid(0)); }

static int gain_capabilities(int argc, char **argv) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{~0u, ~0u, 0}, {~0u, ~0u, 0}};
    return report(syscall(SYS_capset, &header, data));
}

static int gain_ambient(int argc, char **argv) {
    return report(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21 /* CAP_SYS_ADMIN */, 0, 0));
}

// Its own pid and its parent's, and how many processes kill(2) can tell of.
static int census(int argc, char **argv) {
    int others = 0;
    for (int pid = 1; pid < 70000; pid++)
        if (pid != getpid() && (kill(pid, 0) == 0 || errno == EPERM)) others++;
    printf("%d %d %d\n", getpid(), getppid(), others);
    return 0;
}

// Arms every kind of timer for later and ends.
static int timers_after_end(int argc, char **argv) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    struct itimerspec later = {.it_value = {.tv_sec = 1}};
    alarm(1);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &later, NULL)) return report(-1);
    printf("armed\n");
    return 0;
}

// Wants to be no child of pid 1 when its parent ends, and to outlive it.
static int subreaper(int argc, char **argv) {
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
    for (int i = 0; i < 20; i++)
        if (fork() == 0) {
            setsid();
            signal(SIGTERM, SIG_IGN);
            signal(SIGHUP, SIG_IGN);
            prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
            if (fork() == 0) for (;;) sleep(60);
            for (;;) sleep(60);
        }
    printf("left\n");
    return 0;
}

const struct command process_commands[] = {
    {"signal", signal_process}, {"signal-pidfd", signal_by_descriptor}, {"signal-all", signal_all},
    {"raise-limit", raise_limit}, {"raise-priority", raise_priority}, {"set-groups", groups},
    {"set-group", set_group}, {"gain-capabilities", gain_capabilities}, {"gain-ambient", gain_ambient},
    {"census", census}, {"timers-after-end", timers_after_end}, {"subreaper", subreaper}, {NULL, NULL},
};
