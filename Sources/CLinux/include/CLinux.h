// System calls that Swift's Glibc module does not show, as thin inline functions. No policy here: every
// function is one system call (or one cmsg walk) and returns what the kernel returned, errno included.
#pragma once

// Without _GNU_SOURCE: Swift's Glibc module is built without it, and two definitions of one structure cannot meet.
// What it would have shown is spelled here as CLW_ constants and functions.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

// MARK: Processes and namespaces

enum {
    CLW_NEWNS = 0x00020000,
    CLW_NEWCGROUP = 0x02000000,
    CLW_NEWUTS = 0x04000000,
    CLW_NEWIPC = 0x08000000,
    CLW_NEWUSER = 0x10000000,
    CLW_NEWPID = 0x20000000,
    CLW_NEWNET = 0x40000000,
};

struct clw_clone_args {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/// A fork with namespaces: returns 0 in the child, the pid in the parent, -1 with errno. Always asks for a pidfd
/// (close-on-exec). `cgroup_fd` < 0: stay in the parent's cgroup; else the child starts inside it (v2 only).
/// The child runs on a copy of the caller's memory, so the caller must have a single thread. clone3(2).
static inline pid_t clw_clone3(uint64_t namespaces, int cgroup_fd, int *pidfd) {
    struct clw_clone_args args;
    memset(&args, 0, sizeof args);
    args.flags = namespaces | 0x00001000 /* CLONE_PIDFD */;
    args.pidfd = (uint64_t)(uintptr_t)pidfd;
    args.exit_signal = SIGCHLD;
    if (cgroup_fd >= 0) {
        args.flags |= 0x200000000ULL /* CLONE_INTO_CGROUP */;
        args.cgroup = (uint64_t)cgroup_fd;
    }
    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

// glibc shows it only with _GNU_SOURCE.
extern int clone(int (*function)(void *), void *stack, int flags, void *argument, ...);

/// A child that runs `function` on this process's own memory while this process waits, until it executes a program or
/// ends: nothing is copied, and nothing that the child changes in memory is undone. Needs a stack of its own, of which
/// `stack` is the upper end. Returns the pid, or -1 with errno. clone(2), CLONE_VFORK.
static inline pid_t clw_vfork(int (*function)(void *), void *stack, void *argument) {
    return clone(function, stack, 0x00000100 /* CLONE_VM */ | 0x00004000 /* CLONE_VFORK */ | SIGCHLD, argument);
}

static inline int clw_unshare(int flags) { return (int)syscall(SYS_unshare, flags); }
static inline int clw_setns(int fd, int type) { return (int)syscall(SYS_setns, fd, type); }
static inline int clw_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
static inline int clw_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

/// waitid(2) on a pidfd: 1 when reaped, 0 not dead yet (WNOHANG), -1 with errno. Fills status with an encoding that
/// WIFEXITED and friends read.
static inline int clw_wait_pidfd(int pidfd, int options, int *status) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int result = (int)syscall(SYS_waitid, 3 /* P_PIDFD */, pidfd, &info, WEXITED | options, NULL);
    if (result < 0) return -1;
    if (info.si_pid == 0) return 0;
    *status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status & 0x7f;
    return 1;
}

/// waitid(2) for any child: > 0 the pid that was reaped, 0 none is dead yet (WNOHANG), -1 with errno.
static inline pid_t clw_wait_any(int options, int *status) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (syscall(SYS_waitid, 0 /* P_ALL */, 0, &info, WEXITED | options, NULL) < 0) return -1;
    if (info.si_pid == 0) return 0;
    *status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status & 0x7f;
    return info.si_pid;
}

static inline int clw_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return (int)syscall(SYS_prctl, option, a, b, c, d);
}
static inline int clw_close_range(unsigned first, unsigned last, unsigned flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}
static inline int clw_setresuid(uid_t id) { return (int)syscall(SYS_setresuid, id, id, id); }
static inline int clw_setresgid(gid_t id) { return (int)syscall(SYS_setresgid, id, id, id); }
static inline int clw_setgroups_none(void) { return (int)syscall(SYS_setgroups, 0, NULL); }
static inline int clw_sethostname(const char *name, size_t length) {
    return (int)syscall(SYS_sethostname, name, length);
}
static inline int clw_memfd_create(const char *name, unsigned flags) {
    return (int)syscall(SYS_memfd_create, name, flags);
}
static inline int clw_fcntl(int fd, int command, long argument) { return fcntl(fd, command, argument); }

/// The default action for every signal. Signals that are ignored stay ignored across exec otherwise.
static inline void clw_default_signals(void) {
    // The system call itself: libc keeps two signals for its own use and does not let them be reset. All zero is
    // SIG_DFL without flags on every architecture.
    uint64_t action[8] = {0};
    for (int number = 1; number <= 64; number++) syscall(SYS_rt_sigaction, number, action, NULL, 8);
}
static inline int clw_unblock_all_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}
static inline int clw_block_all_signals(void) {
    sigset_t all;
    sigfillset(&all);
    return sigprocmask(SIG_SETMASK, &all, NULL);
}
/// A signalfd for one signal (which the caller has blocked).
static inline int clw_signalfd(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// 1 when systemd marked this cgroup as delegated (its CGROUP_DELEGATION document), else 0.
static inline int clw_cgroup_delegated(const char *directory) {
    char value = 0;
    return (getxattr(directory, "user.delegate", &value, 1) == 1 ||
            getxattr(directory, "trusted.delegate", &value, 1) == 1) && value == '1';
}

// MARK: Mounts (mount(2), open_tree(2), move_mount(2), mount_setattr(2), openat2(2))

enum {
    CLW_MS_REMOUNT = 32, CLW_MS_NOSUID = 2, CLW_MS_NODEV = 4, CLW_MS_NOEXEC = 8, CLW_MS_REC = 1 << 14, CLW_MS_PRIVATE = 1 << 18,
    CLW_MS_SLAVE = 1 << 19,
    CLW_MNT_DETACH = 2,
    CLW_ATTR_RDONLY = 1, CLW_ATTR_NOSUID = 2, CLW_ATTR_NODEV = 4, CLW_ATTR_NOEXEC = 8,
    CLW_OPEN_TREE_CLONE = 1,
    CLW_MOVE_MOUNT_FROM_FD = 4,
    CLW_AT_EMPTY_PATH = 0x1000, CLW_AT_RECURSIVE = 0x8000,
    CLW_O_PATH = 010000000,
    CLW_RESOLVE_NO_MAGICLINKS = RESOLVE_NO_MAGICLINKS, CLW_RESOLVE_NO_SYMLINKS = RESOLVE_NO_SYMLINKS,
    CLW_RESOLVE_BENEATH = RESOLVE_BENEATH, CLW_RESOLVE_IN_ROOT = RESOLVE_IN_ROOT,
};

static inline int clw_mount(const char *source, const char *target, const char *type, unsigned long flags,
                            const char *data) {
    return (int)syscall(SYS_mount, source, target, type, flags, data);
}
static inline int clw_umount2(const char *target, int flags) { return (int)syscall(SYS_umount2, target, flags); }
static inline int clw_pivot_root(const char *new_root, const char *put_old) {
    return (int)syscall(SYS_pivot_root, new_root, put_old);
}
static inline int clw_open_tree(int directory, const char *path, unsigned flags) {
    return (int)syscall(SYS_open_tree, directory, path, flags);
}
static inline int clw_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
    return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}
/// Sets attributes and makes the mounts private: what is mounted below their source later does not appear in them.
static inline int clw_mount_setattr(int directory, const char *path, unsigned flags, uint64_t set) {
    struct { uint64_t set, clear, propagation, userns; } attributes = {set, 0, CLW_MS_PRIVATE, 0};
    return (int)syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof attributes);
}
/// openat2(2): `resolve` are RESOLVE_ flags.
static inline int clw_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// MARK: Landlock (the header of the build machine may be older than the kernel, so the structures are here)

struct clw_landlock_ruleset { uint64_t handled_access_fs, handled_access_net, scoped; };
struct clw_landlock_path { uint64_t allowed_access; int32_t parent_fd; } __attribute__((packed));

/// The ABI version of the kernel, or -1 (ENOSYS: not built in, EOPNOTSUPP: switched off at boot).
static inline int clw_landlock_abi(void) { return (int)syscall(444, NULL, 0, 1); }
/// A ruleset; size follows the ABI, for an older kernel refuses a longer structure.
static inline int clw_landlock_create(uint64_t fs, uint64_t net, uint64_t scoped, int abi) {
    struct clw_landlock_ruleset attributes = {fs, net, scoped};
    size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    return (int)syscall(444, &attributes, size, 0);
}
static inline int clw_landlock_allow_path(int ruleset, int path, uint64_t access) {
    struct clw_landlock_path rule = {access, path};
    return (int)syscall(445, ruleset, 1 /* LANDLOCK_RULE_PATH_BENEATH */, &rule, 0);
}
struct clw_landlock_port { uint64_t allowed_access, port; };
static inline int clw_landlock_allow_port(int ruleset, uint16_t port, uint64_t access) {
    struct clw_landlock_port rule = {access, port};
    return (int)syscall(445, ruleset, 2 /* LANDLOCK_RULE_NET_PORT */, &rule, 0);
}
static inline int clw_landlock_restrict(int ruleset) { return (int)syscall(446, ruleset, 0); }

// MARK: Seccomp

/// Installs a filter of `count` instructions; `flags` are SECCOMP_FILTER_FLAG_ bits.
static inline int clw_seccomp_install(const void *instructions, unsigned short count, unsigned flags) {
    struct sock_fprog program = {count, (struct sock_filter *)instructions};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/// Installs a filter whose refusals wait for an answer: the listener's descriptor (close-on-exec), or -1 with errno
/// (EBUSY: the process lives under somebody's listener already). seccomp_unotify(2).
static inline int clw_seccomp_install_listener(const void *instructions, unsigned short count) {
    // With the second flag a signal does not interrupt a call that waits for its answer; since Linux 5.19.
    int fd = clw_seccomp_install(instructions, count, 1 << 3 | 1 << 5);
    return fd < 0 && errno == EINVAL ? clw_seccomp_install(instructions, count, 1 << 3) : fd;
}

/// A call that waits for pid 1's word: one that the profile refuses, or one that is observed.
struct clw_denial {
    uint64_t id;
    uint32_t arch;
    int32_t number;
    /// It is of another architecture's table: int 0x80 in a 64-bit program, or x32.
    int32_t foreign;
    /// The thread, as the receiver's pid namespace counts.
    uint32_t pid;
    uint64_t arguments[6];
};

/// Takes the next waiting call; -1 when there is none any more (its process died).
static inline int clw_denial_receive(int listener, struct clw_denial *denial) {
    struct seccomp_notif notification;
    memset(&notification, 0, sizeof notification);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) != 0) return -1;
    denial->id = notification.id;
    denial->arch = notification.data.arch;
    denial->number = notification.data.nr;
#if defined(__x86_64__)
    // __X32_SYSCALL_BIT; -1 is no call of any table.
    denial->foreign = notification.data.arch != AUDIT_ARCH_X86_64
        || (notification.data.nr != -1 && (notification.data.nr & 0x40000000));
#elif defined(__aarch64__)
    denial->foreign = notification.data.arch != AUDIT_ARCH_AARCH64;
#else
#error "which AUDIT_ARCH_ of linux/audit.h is this machine's own?"
#endif
    denial->pid = notification.pid;
    memcpy(denial->arguments, notification.data.args, sizeof denial->arguments);
    return 0;
}

/// Lets the call return an errno; never carries it out.
static inline int clw_denial_answer(int listener, uint64_t id, int error) {
    struct seccomp_notif_resp answer = {.id = id, .val = 0, .error = -error, .flags = 0};
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/// Lets the call be carried out, as far as the other filters of its process allow it.
static inline int clw_denial_continue(int listener, uint64_t id) {
    struct seccomp_notif_resp answer = {.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/// Reads another process's memory, up to the end of what is mapped; -1 with errno. process_vm_readv(2).
static inline ssize_t clw_read_memory(pid_t pid, uint64_t address, void *bytes, size_t length) {
    struct iovec local = {bytes, length}, remote = {(void *)(uintptr_t)address, length};
    return syscall(SYS_process_vm_readv, pid, &local, 1, &remote, 1, 0);
}

enum {
    CLW_NR_SENDMSG = SYS_sendmsg, CLW_NR_SECCOMP = SYS_seccomp, CLW_NR_WRITE = SYS_write, CLW_NR_EXIT = SYS_exit,
    CLW_NR_EXIT_GROUP = SYS_exit_group, CLW_NR_RT_SIGRETURN = SYS_rt_sigreturn, CLW_NR_EXECVE = SYS_execve,
};

/// Which arguments of a call name a path.
struct clw_path_call {
    int32_t number;
    /// The argument with the directory that a relative path begins at; -1: the working directory.
    int8_t directory;
    int8_t path;
    /// 'l' looks at it, 'r' reads, 'w' changes, 'x' executes, 'o' opens by the flags of the argument after it.
    char kind;
};

static inline const struct clw_path_call *clw_path_call_of(int32_t number) {
    static const struct clw_path_call calls[] = {
        {SYS_openat, 0, 1, 'o'}, {SYS_openat2, 0, 1, 'r'}, {SYS_execve, -1, 0, 'x'}, {SYS_execveat, 0, 1, 'x'},
        {SYS_newfstatat, 0, 1, 'l'}, {SYS_statx, 0, 1, 'l'}, {SYS_faccessat, 0, 1, 'l'}, {SYS_faccessat2, 0, 1, 'l'},
        {SYS_readlinkat, 0, 1, 'l'}, {SYS_statfs, -1, 0, 'l'}, {SYS_chdir, -1, 0, 'l'}, {SYS_mkdirat, 0, 1, 'w'},
        {SYS_unlinkat, 0, 1, 'w'}, {SYS_renameat2, 2, 3, 'w'}, {SYS_truncate, -1, 0, 'w'},
#ifdef SYS_open
        {SYS_open, -1, 0, 'o'}, {SYS_creat, -1, 0, 'w'}, {SYS_stat, -1, 0, 'l'}, {SYS_lstat, -1, 0, 'l'},
        {SYS_access, -1, 0, 'l'}, {SYS_readlink, -1, 0, 'l'}, {SYS_mkdir, -1, 0, 'w'}, {SYS_rmdir, -1, 0, 'w'},
        {SYS_unlink, -1, 0, 'w'}, {SYS_rename, -1, 1, 'w'},
#endif
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (calls[i].number == number) return &calls[i];
    }
    return NULL;
}

// MARK: Messages with descriptors

/// The most descriptors that one message carries.
enum { CLW_FDS_MAX = 16 };

/// sendmsg(2) of one packet with descriptors. MSG_NOSIGNAL always.
static inline ssize_t clw_send(int fd, const void *bytes, size_t length, const int *fds, int count, int flags) {
    char control[CMSG_SPACE(sizeof(int) * CLW_FDS_MAX)];
    struct iovec part = {(void *)bytes, length};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (count > CLW_FDS_MAX) { errno = E2BIG; return -1; }
    if (count > 0) {
        memset(control, 0, sizeof control);
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * (size_t)count);
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL | flags);
}

/// recvmsg(2) of one packet; descriptors arrive close-on-exec in `fds` (room for CLW_FDS_MAX). A packet that was cut
/// short is EMSGSIZE; one whose descriptors did not all arrive (too many, or none free here) has a count of -1.
static inline ssize_t clw_receive(int fd, void *bytes, size_t capacity, int *fds, int *count, int flags) {
    char control[CMSG_SPACE(sizeof(int) * CLW_FDS_MAX)];
    struct iovec part = {bytes, capacity};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    *count = 0;
    ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | flags);
    if (length < 0) return length;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int arrived = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < arrived; i++) {
            int one;
            memcpy(&one, CMSG_DATA(header) + sizeof(int) * (size_t)i, sizeof one);
            if (*count < CLW_FDS_MAX) fds[(*count)++] = one; else close(one);
        }
    }
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        for (int i = 0; i < *count; i++) close(fds[i]);
        *count = -1;
        if (message.msg_flags & MSG_TRUNC) {
            errno = EMSGSIZE;
            return -1;
        }
    }
    return length;
}

/// Lets every packet that arrives carry its sender's pid, as this process counts. unix(7), SO_PASSCRED.
static inline int clw_pass_credentials(int fd) {
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

/// recvmsg(2) of one packet and its sender's pid, 0 when it is not told. For descriptors there is no room: the kernel
/// drops them.
static inline ssize_t clw_receive_from(int fd, void *bytes, size_t capacity, pid_t *sender, int flags) {
    // struct ucred of sys/socket.h.
    struct { pid_t pid; uid_t uid; gid_t gid; } who;
    char control[CMSG_SPACE(sizeof who)];
    struct iovec part = {bytes, capacity};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    *sender = 0;
    ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | flags);
    if (length < 0) return length;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        int isSender = header->cmsg_level == SOL_SOCKET && header->cmsg_type == 2 /* SCM_CREDENTIALS */;
        if (!isSender || header->cmsg_len != CMSG_LEN(sizeof who)) continue;
        memcpy(&who, CMSG_DATA(header), sizeof who);
        *sender = who.pid;
    }
    return length;
}

/// Takes the one packet that a sealed process waits for: its length, or 0 at end of file. The descriptor that came with
/// it, close-on-exec, or -1. Calls nothing but recvmsg(2): the caller's filter is installed.
static inline ssize_t clw_await_order(int fd, void *bytes, size_t capacity, int *descriptor) {
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {bytes, capacity};
    struct msghdr message = {0};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    *descriptor = -1;
    ssize_t length;
    do length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC); while (length < 0 && errno == EINTR);
    if (length <= 0) return 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS) memcpy(descriptor, CMSG_DATA(header), sizeof(int));
    return length;
}

// MARK: The network of a run with declared destinations (netdevice(7), ip(7))

/// struct ifreq of net/if.h, which cannot be included beside other headers of the kernel.
struct clw_interface {
    char name[16];
    union {
        struct { uint16_t family, port; uint32_t address; } ip;
        short flags;
        char room[24];
    } value;
};

static inline int clw_tcp_socket(void) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }
/// Brings `lo` of the socket's network namespace up, which gives it 127.0.0.0/8.
static inline int clw_loopback_up(int fd) {
    struct clw_interface interface = {.name = "lo", .value.flags = 1 /* IFF_UP */};
    return ioctl(fd, 0x8914 /* SIOCSIFFLAGS */, &interface);
}
/// Gives the loopback interface a further address (host order), as its alias `lo:index`; index below 100.
static inline int clw_loopback_add(int fd, unsigned index, uint32_t address) {
    struct clw_interface interface = {.name = {'l', 'o', ':', (char)('0' + index / 10 % 10), (char)('0' + index % 10)}};
    interface.value.ip.family = AF_INET;
    interface.value.ip.address = __builtin_bswap32(address);
    return ioctl(fd, 0x8916 /* SIOCSIFADDR */, &interface);
}
/// Binds to an IPv4 address and port (host order) and listens.
static inline int clw_listen_at(int fd, uint32_t address, uint16_t port, int backlog) {
    struct { uint16_t family, port; uint32_t address; char zero[8]; } place = {
        AF_INET, __builtin_bswap16(port), __builtin_bswap32(address), {0}};
    return bind(fd, (struct sockaddr *)&place, sizeof place) == 0 ? listen(fd, backlog) : -1;
}

// MARK: Small helpers that C macros and C enumerations hide from Swift

enum {
    CLW_POLL_IN = EPOLLIN, CLW_POLL_OUT = EPOLLOUT, CLW_POLL_PRIORITY = EPOLLPRI,
    CLW_MSG_DONTWAIT = MSG_DONTWAIT, CLW_MSG_PEEK = MSG_PEEK, CLW_MSG_TRUNC = MSG_TRUNC, CLW_MFD_CLOEXEC = 1, CLW_MFD_ALLOW_SEALING = 2,
    CLW_F_ADD_SEALS = 1033, CLW_SEALS_ALL = 0xf,
    RLIMIT_CPU_ID = RLIMIT_CPU, RLIMIT_FSIZE_ID = RLIMIT_FSIZE, RLIMIT_CORE_ID = RLIMIT_CORE,
    RLIMIT_NPROC_ID = RLIMIT_NPROC, RLIMIT_NOFILE_ID = RLIMIT_NOFILE, RLIMIT_MEMLOCK_ID = RLIMIT_MEMLOCK,
    RLIMIT_AS_ID = RLIMIT_AS, RLIMIT_MSGQUEUE_ID = RLIMIT_MSGQUEUE, RLIMIT_SIGPENDING_ID = RLIMIT_SIGPENDING,
    RLIMIT_NICE_ID = RLIMIT_NICE, RLIMIT_RTPRIO_ID = RLIMIT_RTPRIO,
};

static inline int clw_exited(int status) { return WIFEXITED(status); }
static inline int clw_exit_status(int status) { return WEXITSTATUS(status); }
static inline int clw_term_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
/// Whether this thread may run the next steps of tasks that it resumes: none, the next one only, or all.
enum { CLW_LEND_NONE, CLW_LEND_ONCE, CLW_LEND_ALWAYS };
/// Says so for the calling thread, and returns what was said before.
int clw_lend_thread(int lending);
static inline int64_t clw_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
/// How many descriptors this process may have open.
static inline uint64_t clw_open_files(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}
/// Raises the soft limit of descriptors to the hard one.
static inline void clw_raise_open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}
/// How many heaps malloc(3) keeps at most; by default up to eight for each processor, and what one has freed serves no
/// other.
static inline void clw_heaps_max(int count) { mallopt(M_ARENA_MAX, count); }
static inline int clw_setrlimit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit limit = {soft, hard};
    return (int)syscall(SYS_prlimit64, 0, resource, &limit, NULL);
}
/// A limit of another process.
static inline int clw_setrlimit_of(pid_t pid, int resource, uint64_t soft, uint64_t hard) {
    struct rlimit limit = {soft, hard};
    return (int)syscall(SYS_prlimit64, pid, resource, &limit, NULL);
}
/// Processor time and peak memory of the children that were waited for.
static inline void clw_children_usage(int64_t *cpu_microseconds, int64_t *peak_bytes) {
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    getrusage(RUSAGE_CHILDREN, &usage);
    *cpu_microseconds = ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000
        + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    *peak_bytes = (int64_t)usage.ru_maxrss * 1024;
}
static inline int clw_pipe(int fds[2]) { return (int)syscall(SYS_pipe2, fds, O_CLOEXEC); }
static inline int clw_socketpair(int fds[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds); }
static inline int clw_timerfd(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); }
static inline int clw_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int clw_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int clw_kill_all(void) { return (int)syscall(SYS_kill, -1, SIGKILL); }
static inline int clw_errno(void) { return errno; }
static inline int clw_epoll_add(int epoll, int fd, uint32_t events, uint64_t tag) {
    struct epoll_event event = {.events = events, .data = {.u64 = tag}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}
static inline int clw_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }
static inline uint64_t clw_epoll_tag(const struct epoll_event *event) { return event->data.u64; }
/// Arms an absolute CLOCK_MONOTONIC timer; 0 disarms it.
static inline int clw_timer_at(int timer, int64_t monotonic_ns) {
    struct itimerspec when = {{0, 0}, {monotonic_ns / 1000000000, monotonic_ns % 1000000000}};
    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}
