// Hogs of every kind, and programs that break a limit quietly.
#define _GNU_SOURCE
#include "probe.h"
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char block[1 << 20];

static int eat_memfd(int argc, char **argv) {
    memset(block, 1, sizeof block);
    for (int i = 0; i < 64; i++) {
        int fd = memfd_create("hog", 0);
        if (fd < 0) return report(-1);
        for (int part = 0; part < 32; part++)
            if (write(fd, block, sizeof block) < 0) return report(-1);
    }
    return report(0);
}

static int eat_pipes(int argc, char **argv) {
    for (int i = 0; i < 400; i++) {
        int ends[2];
        if (pipe2(ends, O_NONBLOCK)) return report(-1);
        fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
        while (write(ends[1], block, sizeof block) > 0) {}
    }
    return report(0);
}

static int eat_sockets(int argc, char **argv) {
    for (int i = 0; i < 450; i++) {
        int ends[2], size = 1 << 20;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends)) return report(-1);
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        while (write(ends[0], block, 65536) > 0) {}
    }
    return report(0);
}

static int eat_shared(int argc, char **argv) {
    for (int i = 0; i < 64; i++) {
        int id = shmget(IPC_PRIVATE, 16 << 20, IPC_CREAT | 0600);
        if (id < 0) return report(-1);
        char *memory = shmat(id, NULL, 0);
        if (memory == (void *)-1) return report(-1);
        memset(memory, 1, 16 << 20);
        // Detached, it stays.
        shmdt(memory);
    }
    return report(0);
}

// Never stops forking; every child does the same.
static int fork_bomb(int argc, char **argv) {
    signal(SIGCHLD, SIG_IGN);
    for (;;)
        if (fork() < 0 && errno != EAGAIN) return report(-1);
}

static int queue(int argc, char **argv) { return report(mq_open("/queue", O_CREAT | O_RDWR, 0600, NULL)); }

static int descriptors(int argc, char **argv) {
    for (int i = 0; i < 1 << 20; i++)
        if (dup(0) < 0) { printf("%d %s\n", i, strerrorname_np(errno)); return 0; }
    return report(0);
}

static int lock_memory(int argc, char **argv) {
    void *memory = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return report(mlock(memory, 8 << 20));
}

// Writes over the size limit as programs do that ignore the signal: it sees EFBIG and exits with `status`.
static int big_file_quietly(int argc, char **argv) {
    signal(SIGXFSZ, SIG_IGN);
    int fd = open(argv[0], O_WRONLY | O_CREAT, 0644);
    if (fd < 0) return report(-1);
    while (write(fd, block, 300000) > 0) {}
    printf("%s\n", strerrorname_np(errno));
    return argc > 1 ? atoi(argv[1]) : 0;
}

// Lets a child break the size limit, and exits as a shell does.
static int big_file_of_child(int argc, char **argv) {
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(argv[0], O_WRONLY | O_CREAT, 0644);
        while (write(fd, block, 300000) > 0) {}
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : 0;
}

static int grow(int argc, char **argv) {
    int fd = open(argv[0], O_RDWR | O_CREAT, 0644);
    return report(ftruncate(fd, 1L << 40));
}

// Burns with threads, and does not want to hear of it.
static void *burn(void *argument) { for (volatile unsigned long i = 0;; i++) {} return argument; }
static int burn_threads(int argc, char **argv) {
    signal(SIGXCPU, SIG_IGN);
    for (int i = 1; i < atoi(argv[0]); i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, burn, NULL);
    }
    burn(NULL);
    return 0;
}

// Burns with processes.
static int burn_processes(int argc, char **argv) {
    signal(SIGXCPU, SIG_IGN);
    for (int i = 1; i < atoi(argv[0]); i++)
        if (fork() == 0) burn(NULL);
    burn(NULL);
    return 0;
}

// Threads that all ask for what is refused, for ever.
static void *ask(void *argument) { for (;;) syscall(SYS_keyctl, 0, 0, 0, 0, 0); return argument; }
static int deny_threads(int argc, char **argv) {
    for (int i = 1; i < atoi(argv[0]); i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, ask, NULL);
    }
    ask(NULL);
    return 0;
}

// Asks in bursts for calls that the filter refuses without telling anybody.
static int unknown_calls(int argc, char **argv) {
    long count = atol(argv[0]);
    for (long i = 0; i < count; i++) syscall(5000 + i % 1000);
    return report(0);
}

const struct command resource_commands[] = {
    {"eat-memfd", eat_memfd}, {"eat-pipes", eat_pipes}, {"eat-sockets", eat_sockets}, {"eat-shared", eat_shared},
    {"fork-bomb", fork_bomb}, {"queue", queue}, {"descriptors", descriptors}, {"lock-memory", lock_memory},
    {"bigfile-quiet", big_file_quietly}, {"bigfile-child", big_file_of_child}, {"grow", grow},
    {"burn-threads", burn_threads}, {"burn-processes", burn_processes}, {"deny-threads", deny_threads},
    {"unknown-calls", unknown_calls}, {NULL, NULL},
};
