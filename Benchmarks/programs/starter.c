// starter PROGRAM [ARGUMENT...]
//
// Starts a program by plain fork and exec, waits for its end, and tells how long that took; once for each byte that it
// reads. A process of its own, because a fork costs what the forking process has in memory: this one has next to
// nothing, so the time is that of the program and the kernel. Input and output of the program are /dev/null.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct result {
    int64_t nanoseconds;
    // As wait(2) encodes it; -1 when there was no process to wait for.
    int32_t status;
    int32_t reserved;
};

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct result start(char **arguments, int null) {
    struct result result = {0, -1, 0};
    int64_t begun = now();
    pid_t child = fork();
    if (child == 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        execv(arguments[0], arguments);
        perror(arguments[0]);
        _exit(127);
    }
    if (child < 0) {
        perror("fork");
        return result;
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return result;
    }
    result.nanoseconds = now() - begun;
    result.status = status;
    return result;
}

int main(int count, char **arguments) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (count < 2 || null < 0) {
        fputs("usage: starter PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    char go;
    while (read(STDIN_FILENO, &go, 1) == 1) {
        struct result result = start(arguments + 1, null);
        if (write(STDOUT_FILENO, &result, sizeof result) != sizeof result) return 1;
    }
    return 0;
}
