// System calls that no skill needs, by name.
#define _GNU_SOURCE
#include "probe.h"
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(name) {#name, SYS_##name}
static const struct { const char *name; long number; } calls[] = {
    CALL(acct), CALL(add_key), CALL(adjtimex), CALL(bpf), CALL(chroot), CALL(clock_adjtime), CALL(clock_settime),
    CALL(delete_module), CALL(fanotify_init), CALL(fanotify_mark), CALL(finit_module), CALL(fsconfig), CALL(fsmount),
    CALL(fsopen), CALL(fspick), CALL(get_mempolicy), CALL(init_module), CALL(io_setup), CALL(io_submit),
    CALL(kcmp), CALL(kexec_load), CALL(keyctl), CALL(mbind), CALL(migrate_pages), CALL(mount), CALL(mount_setattr),
    CALL(move_mount), CALL(move_pages), CALL(name_to_handle_at), CALL(open_by_handle_at), CALL(open_tree),
    CALL(perf_event_open), CALL(personality), CALL(pidfd_getfd), CALL(pivot_root), CALL(process_madvise),
    CALL(process_vm_readv), CALL(process_vm_writev), CALL(ptrace), CALL(quotactl), CALL(reboot), CALL(request_key),
    CALL(seccomp), CALL(set_mempolicy), CALL(setdomainname), CALL(sethostname), CALL(setns), CALL(settimeofday),
    CALL(swapoff), CALL(swapon), CALL(sync), CALL(syncfs), CALL(syslog), CALL(umount2), CALL(unshare),
    CALL(userfaultfd), CALL(vhangup), CALL(vmsplice),
#ifdef __x86_64__
    CALL(ioperm), CALL(iopl), CALL(kexec_file_load), CALL(lookup_dcookie), CALL(modify_ldt), CALL(sysfs),
    CALL(uselib), CALL(ustat),
#endif
    // Newer than some headers.
    {"io_uring_setup", 425}, {"io_uring_enter", 426}, {"io_uring_register", 427}, {"process_mrelease", 448},
    {"quotactl_fd", 443}, {"memfd_secret", 447},
};

// Calls each with zeros and prints the different outcomes in one line.
static int call_each(int argc, char **argv) {
    char seen[1024] = "";
    for (int i = 0; i < argc; i++) {
        long number = -1;
        for (size_t row = 0; row < sizeof calls / sizeof *calls; row++)
            if (!strcmp(calls[row].name, argv[i])) number = calls[row].number;
        // A call that this architecture never had is absent, which is as good as refused.
        if (number < 0) continue;
        char outcome[96];
        long result = syscall(number, 0, 0, 0, 0, 0, 0);
        if (result >= 0) snprintf(outcome, sizeof outcome, "%s-worked", argv[i]);
        else snprintf(outcome, sizeof outcome, "%s", strerrorname_np(errno));
        if (!strstr(seen, outcome)) {
            if (*seen) strcat(seen, " ");
            strcat(seen, outcome);
        }
    }
    printf("%s\n", seen);
    return 0;
}

// unshare(2) and clone(2) of each kind of namespace.
static int namespaces(int argc, char **argv) {
    static const int kinds[] = {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
                                CLONE_NEWPID, CLONE_NEWNET, 0x80 /* CLONE_NEWTIME */};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (unshare(kinds[i]) == 0) { printf("unshared %x\n", kinds[i]); return 0; }
        if (kinds[i] == 0x80) continue;
        long pid = syscall(SYS_clone, kinds[i] | SIGCHLD, 0, 0, 0, 0);
        if (pid == 0) _exit(0);
        if (pid > 0) { printf("cloned %x\n", kinds[i]); return 0; }
    }
    return report(-1);
}

// Asks for a filter of its own whose listener would answer for others.
static int listener(int argc, char **argv) {
    struct { unsigned short code; unsigned char jt, jf; uint32_t k; } allow = {6, 0, 0, 0x7fff0000};
    struct { unsigned short length; void *filter; } program = {1, &allow};
    return report(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}

// Answers notifications on every descriptor that there is, in case one is a listener.
static int answer_listener(int argc, char **argv) {
    int found = 0;
    struct seccomp_notif notification;
    for (int fd = 0; fd < 256; fd++) {
        memset(&notification, 0, sizeof notification);
        if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &notification) == 0) found++;
    }
    printf("%d\n", found);
    return 0;
}

static int no_randomize(int argc, char **argv) { return report(syscall(SYS_personality, 0x0040000)); }

static int real_time(int argc, char **argv) {
    struct sched_param parameter = {.sched_priority = 1};
    return report(sched_setscheduler(0, SCHED_FIFO, &parameter));
}

const struct command kernel_commands[] = {
    {"calls", call_each}, {"namespaces", namespaces}, {"listener", listener}, {"answer-listener", answer_listener},
    {"no-randomize", no_randomize}, {"real-time", real_time}, {NULL, NULL},
};
