// The hostile program of the sandbox tests. Each subcommand tries one forbidden thing and prints what came of it:
// "done ..." when it worked, the errno's name when it was refused. Exit status 0 either way.
#define _GNU_SOURCE
#include "hosts.h"
#include "probe.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if_alg.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int report(long result) {
    if (result >= 0) printf("done %ld\n", result);
    else printf("%s\n", strerrorname_np(errno));
    return 0;
}

// Prints one line of a file of text.
static int show(const char *path) {
    char text[4096];
    int fd = open(path, O_RDONLY);
    if (fd < 0) return report(-1);
    ssize_t count = read(fd, text, sizeof text - 1);
    if (count < 0) return report(-1);
    text[count] = 0;
    printf("%s", text);
    return 0;
}

// The value behind "Key:" in /proc/self/status.
static int status_of(const char *key) {
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    if (!file) return report(-1);
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':') {
            char *value = line + strlen(key) + 1;
            while (*value == '\t' || *value == ' ') value++;
            printf("%s", value);
        }
    fclose(file);
    return 0;
}

static int count_fds(void) {
    int count = 0;
    for (int fd = 0; fd < 4096; fd++)
        if (fcntl(fd, F_GETFD) >= 0) count++;
    printf("%d\n", count);
    return 0;
}

static int count_processes(void) {
    DIR *directory = opendir("/proc");
    if (!directory) return report(-1);
    int count = 0;
    struct dirent *entry;
    while ((entry = readdir(directory)))
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') count++;
    printf("%d\n", count);
    return 0;
}

static int list(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return report(-1);
    struct dirent *entry;
    while ((entry = readdir(directory)))
        if (entry->d_name[0] != '.') printf("%s\n", entry->d_name);
    return 0;
}

static int write_file(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    if (fd < 0) return report(-1);
    return report(write(fd, "x", 1));
}

static int fill(const char *directory, int files) {
    char path[256];
    static char block[1 << 20];
    long made = 0;
    for (int i = 0; i < files || files == 0; i++) {
        snprintf(path, sizeof path, "%s/f%d", directory, files ? i : 0);
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (fd < 0) return report(-1);
        if (!files && write(fd, block, sizeof block) != sizeof block) return report(-1);
        close(fd);
        made++;
    }
    printf("done %ld\n", made);
    return 0;
}

static void *idle(void *argument) { pause(); return argument; }

static int forks(int wanted, int threads) {
    for (int i = 0; i < wanted; i++) {
        if (threads) {
            pthread_t thread;
            int error = pthread_create(&thread, NULL, idle, NULL);
            if (error) { errno = error; perror("thread"); return 1; }
        } else {
            pid_t pid = fork();
            if (pid < 0) { perror("fork"); return 1; }
            if (pid == 0) { pause(); _exit(0); }
        }
    }
    printf("done %d\n", wanted);
    return 0;
}

static int connect_abstract(const char *name, int listens) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path + 1, name, strlen(name));
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) return report(-1);
    if (listens) {
        if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, 1)) return report(-1);
        printf("listening\n");
        fflush(stdout);
        sleep(3);
        return 0;
    }
    return report(connect(fd, (struct sockaddr *)&address, length));
}

// Connects to an IPv4 address, and prints what comes back.
static int connect_tcp(const char *address, int port, const char *text) {
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, address, &place.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) return report(-1);
    if (connect(fd, (struct sockaddr *)&place, sizeof place)) return report(-1);
    if (!text) return report(0);
    char answer[4096];
    if (write(fd, text, strlen(text)) < 0 || shutdown(fd, SHUT_WR)) return report(-1);
    ssize_t count;
    while ((count = read(fd, answer, sizeof answer)) > 0) fwrite(answer, 1, (size_t)count, stdout);
    if (count < 0) return report(-1);
    printf("\n");
    return 0;
}

static int listen_tcp(int port) {
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return report(bind(fd, (struct sockaddr *)&place, sizeof place) ? -1 : listen(fd, 1));
}

// Listens on whatever port the kernel gives, for bind may be refused, and connects there with the first bytes.
static int connect_fast(void) {
    struct sockaddr_in place = {.sin_family = AF_INET};
    socklen_t length = sizeof place;
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen(listener, 1) || getsockname(listener, (struct sockaddr *)&place, &length)) return report(-1);
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return report(sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&place, sizeof place));
}

// Opens `count` connections, fills each of them, and prints how many MiB went in.
static int fill_tcp(const char *address, int port, int count) {
    static char block[65536];
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, address, &place.sin_addr);
    long total = 0;
    int fds[512], large = 1 << 30;
    for (int i = 0; i < count && i < 512; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (fds[i] < 0 || connect(fds[i], (struct sockaddr *)&place, sizeof place)) return report(-1);
        setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
    }
    for (int idle = 0; idle < 50; idle++) {
        for (int i = 0; i < count && i < 512; i++) {
            ssize_t written = send(fds[i], block, sizeof block, MSG_NOSIGNAL);
            if (written > 0) { total += written; idle = 0; }
        }
        usleep(10000);
    }
    printf("%ld\n", total >> 20);
    return 0;
}

static int loopback_down(void) {
    char interface[40] = "lo";
    return report(ioctl(socket(AF_INET, SOCK_STREAM, 0), 0x8914 /* SIOCSIFFLAGS */, interface));
}

static int no_delay(void) {
    int one = 1;
    return report(setsockopt(socket(AF_INET, SOCK_STREAM, 0), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
}

static int burn(void) {
    volatile unsigned long turns = 0;
    while (turns != (unsigned long)-1) turns++;
    return 0;
}

// Turns until a time has passed on the wall, and prints the processor time that it got, both in milliseconds.
static int spin(long milliseconds) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < milliseconds);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    printf("%ld\n", now.tv_sec * 1000 + now.tv_nsec / 1000000);
    return 0;
}

static int eat(long megabytes) {
    for (long i = 0; i < megabytes; i++) {
        char *page = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) return report(-1);
        memset(page, 1, 1 << 20);
    }
    printf("done\n");
    return 0;
}

static int flood(int fd) {
    static char block[65536];
    memset(block, 'x', sizeof block);
    while (write(fd, block, sizeof block) > 0) {}
    return 0;
}

// A grandchild in a session of its own that outlives its parents and keeps standard output open.
static int daemonize(void) {
    if (fork() == 0) {
        setsid();
        if (fork() == 0) { sleep(60); _exit(0); }
        _exit(0);
    }
    wait(NULL);
    printf("left\n");
    return 0;
}

static int x32_call(void) {
    return report(syscall(0x40000000 + 39 /* getpid of the x32 table */));
}

#ifdef __x86_64__
// int 0x80: the 32-bit table, whose 20 is getpid.
static int call_32bit(int number) {
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number) : "memory");
    if (result < 0) { errno = -result; result = -1; }
    return report(result);
}
#endif

static int ptrace_parent(void) { return report(ptrace(PTRACE_ATTACH, getppid(), 0, 0)); }

static int signals(void) {
    struct sigaction action;
    int odd = 0;
    for (int number = 1; number < 32; number++)
        if (number != SIGKILL && number != SIGSTOP && !sigaction(number, NULL, &action) && action.sa_handler != SIG_DFL) odd++;
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int number = 1; number < 32; number++) odd += sigismember(&mask, number);
    printf("%d\n", odd);
    return 0;
}

static int userns(void) {
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) _exit(0);
    return report(pid);
}

static int write_input_back(void) {
    char buffer[4096];
    ssize_t count;
    while ((count = read(0, buffer, sizeof buffer)) > 0)
        if (write(1, buffer, (size_t)count) != count) return 1;
    return 0;
}

static int named_ioctl(unsigned long command) {
    char character = 'x';
    return report(syscall(SYS_ioctl, 0, command, &character));
}

static int big_file(const char *path) {
    static char block[1 << 20];
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    if (fd < 0) return report(-1);
    for (;;) if (write(fd, block, sizeof block) < 0) return report(-1);
}

static int run(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    const char *argument = argc > 2 ? argv[2] : "";
    int number = atoi(argument);
    int host = host_command(argc, argv);
    if (host >= 0) return host;
    if (!strcmp(what, "read")) return show(argument);
    if (!strcmp(what, "status")) return status_of(argument);
    if (!strcmp(what, "write")) return write_file(argument);
    if (!strcmp(what, "list")) return list(argument);
    if (!strcmp(what, "fds")) return count_fds();
    if (!strcmp(what, "processes")) return count_processes();
    if (!strcmp(what, "fill")) return fill(argument, 0);
    if (!strcmp(what, "inodes")) return fill(argument, 1000000);
    if (!strcmp(what, "forks")) return forks(number, 0);
    if (!strcmp(what, "threads")) return forks(number, 1);
    if (!strcmp(what, "burn")) return burn();
    if (!strcmp(what, "spin")) return spin(number);
    if (!strcmp(what, "eat")) return eat(number);
    if (!strcmp(what, "flood")) return flood(number);
    if (!strcmp(what, "daemonize")) return daemonize();
    if (!strcmp(what, "sleep")) { sleep((unsigned)number); return 0; }
    if (!strcmp(what, "exit")) return number;
    if (!strcmp(what, "raise")) { raise(number); return 0; }
    if (!strcmp(what, "echo")) return write_input_back();
    if (!strcmp(what, "abstract")) return connect_abstract(argument, 0);
    if (!strcmp(what, "abstract-listen")) return connect_abstract(argument, 1);
    if (!strcmp(what, "hostname")) { struct utsname name; uname(&name); printf("%s\n", name.nodename); return 0; }
    if (!strcmp(what, "uid")) { printf("%d %d %d\n", getuid(), getgid(), getgroups(0, NULL)); return 0; }
    if (!strcmp(what, "session")) { printf("%d\n", getsid(0) == getpid()); return 0; }
    if (!strcmp(what, "signals")) return signals();
    if (!strcmp(what, "env")) { extern char **environ; for (char **e = environ; *e; e++) puts(*e); return 0; }
    if (!strcmp(what, "core")) { struct rlimit l; getrlimit(RLIMIT_CORE, &l); printf("%ld\n", (long)l.rlim_max); return 0; }
    if (!strcmp(what, "nofile")) { struct rlimit l; getrlimit(RLIMIT_NOFILE, &l); printf("%ld\n", (long)l.rlim_max); return 0; }
    if (!strcmp(what, "shm")) return report(shmget(number, 4096, argc > 3 ? IPC_CREAT | 0666 : 0666));
    if (!strcmp(what, "bigfile")) return big_file(argument);
    // Calls that no skill needs.
    if (!strcmp(what, "mount")) return report(mount("none", "/tmp", "tmpfs", 0, ""));
    if (!strcmp(what, "umount")) return report(umount2(argument, MNT_DETACH));
    if (!strcmp(what, "unshare-user")) return report(unshare(CLONE_NEWUSER));
    if (!strcmp(what, "clone-user")) return userns();
    if (!strcmp(what, "clone3")) return report(syscall(SYS_clone3, NULL, 0));
    if (!strcmp(what, "ptrace")) return ptrace_parent();
    if (!strcmp(what, "kill1")) return report(kill(1, 9));
    if (!strcmp(what, "chroot")) return report(chroot("/tmp"));
    if (!strcmp(what, "setuid0")) return report(setuid(0));
    if (!strcmp(what, "bpf")) return report(syscall(SYS_bpf, 0, NULL, 0));
    if (!strcmp(what, "io_uring")) return report(syscall(425, 1, NULL));
    if (!strcmp(what, "userfaultfd")) return report(syscall(SYS_userfaultfd, 1));
    if (!strcmp(what, "perf")) return report(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
    if (!strcmp(what, "keyctl")) return report(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
    if (!strcmp(what, "deny-loop")) {
        for (int i = 0; i < number; i++) syscall(SYS_keyctl, 0, 0, 0, 0, 0);
        return report(0);
    }
    if (!strcmp(what, "future")) return report(syscall(9999));
    if (!strcmp(what, "socket")) return report(socket(number, SOCK_STREAM, 0));
    if (!strcmp(what, "tcp")) return connect_tcp(argument, argc > 3 ? atoi(argv[3]) : 0, argc > 4 ? argv[4] : NULL);
    if (!strcmp(what, "tcp-hold")) { connect_tcp(argument, argc > 3 ? atoi(argv[3]) : 0, NULL); pause(); }
    if (!strcmp(what, "tcp-fast")) return connect_fast();
    if (!strcmp(what, "tcp-fill")) return fill_tcp(argument, atoi(argv[3]), atoi(argv[4]));
    if (!strcmp(what, "tcp-listen")) return listen_tcp(number);
    if (!strcmp(what, "loopback-down")) return loopback_down();
    if (!strcmp(what, "no-delay")) return no_delay();
    if (!strcmp(what, "udp")) return report(socket(AF_INET, SOCK_DGRAM, 0));
    if (!strcmp(what, "raw")) return report(socket(AF_INET, SOCK_RAW, IPPROTO_TCP));
    if (!strcmp(what, "mptcp")) return report(socket(AF_INET, SOCK_STREAM, 262));
    if (!strcmp(what, "netlink")) return report(socket(AF_NETLINK, SOCK_RAW, 0));
    if (!strcmp(what, "alg")) return report(socket(AF_ALG, SOCK_SEQPACKET, 0));
    if (!strcmp(what, "tiocsti")) return named_ioctl(TIOCSTI);
    if (!strcmp(what, "tiocsti-high")) return named_ioctl(0x100000000UL | TIOCSTI);
    if (!strcmp(what, "tioclinux")) return named_ioctl(TIOCLINUX);
    if (!strcmp(what, "x32")) return x32_call();
#ifdef __x86_64__
    if (!strcmp(what, "int80")) return call_32bit(*argument ? atoi(argument) : 20);
#endif
    if (!strcmp(what, "exec")) { execv(argument, argv + 2); return report(-1); }
    if (!strcmp(what, "open-exe")) return report(open(argument, O_WRONLY));
    if (!strcmp(what, "mem")) return report(open("/proc/1/mem", O_RDWR));
    if (!strcmp(what, "inotify")) return report(syscall(SYS_inotify_init1, 0));
    if (!strcmp(what, "dnotify")) return report(fcntl(open("/usr/bin", O_RDONLY), 1026 /* F_NOTIFY */, 1));
    if (!strcmp(what, "socket-filter")) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        return report(setsockopt(fd, SOL_SOCKET, 26 /* SO_ATTACH_FILTER */, NULL, 0));
    }
    if (!strcmp(what, "own-seccomp")) return report(prctl(22 /* PR_SET_SECCOMP */, 2, NULL));
    if (!strcmp(what, "core-limit")) { struct rlimit l = {0, 0}; return report(setrlimit(RLIMIT_CORE, &l)); }
    if (!strcmp(what, "core-limit-high")) {
        struct rlimit l = {0, 0};
        return report(syscall(SYS_prlimit64, 0, 0x100000000UL | RLIMIT_CORE, &l, NULL));
    }
    if (!strcmp(what, "prlimit1")) { struct rlimit l = {9, 9}; return report(syscall(SYS_prlimit64, 1, RLIMIT_NOFILE, &l, NULL)); }
    if (!strcmp(what, "hugepages")) {
        void *page = mmap(NULL, 2 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
        return report(page == MAP_FAILED ? -1 : 0);
    }
    if (!strcmp(what, "touch")) return report(utimensat(AT_FDCWD, argument, NULL, 0));
    if (!strcmp(what, "timers")) {
        for (int i = 0; i < 100000; i++) {
            timer_t timer;
            struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
            if (timer_create(CLOCK_MONOTONIC, &event, &timer)) return report(-1);
        }
        return report(0);
    }
    if (!strcmp(what, "fsync")) return report(fsync(open("/usr/bin/true", O_RDONLY)));
    if (!strcmp(what, "mknod")) return report(mknod("/tmp/null", S_IFCHR | 0666, 0x103));
    const struct command *tables[] = {file_commands, process_commands, kernel_commands, network_commands, resource_commands};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct command *command = tables[i]; command->name; command++)
            if (!strcmp(command->name, what)) return command->run(argc - 2, argv + 2);
    fprintf(stderr, "probe: no subcommand %s\n", what);
    return 2;
}

// Waits as a skill does that was started ahead: in the first look at its input.
static void await_input(void) {
    struct pollfd input = {.fd = 0, .events = POLLIN};
    poll(&input, 1, -1);
}

// Stands for an interpreter that is started before its program is known: takes the order on descriptor 3.
static int interpret(void) {
    static char order[65536];
    static char *arguments[256];
    extern char **environ;
    size_t length = 0;
    ssize_t count;
    while ((count = read(3, order + length, sizeof order - 1 - length)) > 0) length += (size_t)count;
    close(3);
    int argument_count = 0, variable_count = 0;
    if (count < 0 || sscanf(order, "%d %d", &argument_count, &variable_count) != 2) return 3;
    if (argument_count + variable_count > 254) return 3;
    char *text = order + strlen(order) + 1;
    text += strlen(text) + 1;
    for (int i = 0; i < argument_count + variable_count; i++) {
        // One entry stays empty between the two lists.
        arguments[i + (i >= argument_count)] = text;
        text += strlen(text) + 1;
    }
    environ = arguments + argument_count + 1;
    if (chdir("/skill") != 0) return 3;
    return run(argument_count, arguments);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 && !strcmp(argv[1], "interpret")) return interpret();
    if (argc > 1 && !strcmp(argv[1], "await")) {
        await_input();
        // Seen in /proc: this one has its run.
        memcpy(argv[1], "begun", 5);
        argv[1] = argv[0];
        return run(argc - 1, argv + 1);
    }
    return run(argc, argv);
}
