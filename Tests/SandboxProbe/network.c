// Attempts on sockets.
#define _GNU_SOURCE
#include "probe.h"
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// The families of which a socket or a pair of sockets can be had, in one line.
static int families(int argc, char **argv) {
    static const int kinds[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW};
    for (int family = 0; family < 50; family++) {
        int had = 0, pair[2];
        for (size_t i = 0; i < 4; i++) {
            if (socket(family, kinds[i], 0) >= 0) had = 1;
            if (socketpair(family, kinds[i], 0, pair) == 0) had = 1;
        }
        if (had) printf("%d ", family);
    }
    printf("\n");
    return 0;
}

// Claims another's identity with a message.
static int credentials(int argc, char **argv) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)) return report(-1);
    struct ucred claim = {.pid = getpid(), .uid = getuid(), .gid = getgid()};
    if (!strcmp(argv[0], "pid")) claim.pid = 1;
    if (!strcmp(argv[0], "uid")) claim.uid = 0;
    if (!strcmp(argv[0], "gid")) claim.gid = 0;
    char control[CMSG_SPACE(sizeof claim)] = {0};
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof claim);
    memcpy(CMSG_DATA(header), &claim, sizeof claim);
    return report(sendmsg(pair[0], &message, MSG_NOSIGNAL));
}

static int connect_path(int argc, char **argv) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[0], sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) return report(-1);
    return report(connect(fd, (struct sockaddr *)&address, sizeof address));
}

// What the three standard descriptors are: sockets could carry descriptors.
static int standard_kinds(int argc, char **argv) {
    for (int fd = 0; fd < 3; fd++) {
        char path[64], target[256] = "";
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (readlink(path, target, sizeof target - 1) < 0) return report(-1);
        printf("%.*s ", (int)strcspn(target, ":"), target);
    }
    printf("\n");
    return 0;
}

// Leaves a listening abstract socket on its way through a pair of sockets that are on their way, too: it outlives every
// process until the kernel collects such circles.
static int leave_in_flight(int argc, char **argv) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path + 1, argv[0], strlen(argv[0]));
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(argv[0]));
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), pair[2];
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 8)) return report(-1);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return report(-1);
    int fds[3] = {pair[0], pair[1], listener};
    char control[CMSG_SPACE(sizeof fds)] = {0}, byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(header), fds, sizeof fds);
    return report(sendmsg(pair[0], &message, MSG_NOSIGNAL));
}

const struct command network_commands[] = {
    {"families", families}, {"credentials", credentials}, {"connect-path", connect_path},
    {"standard-kinds", standard_kinds},
    {"leave-in-flight", leave_in_flight}, {NULL, NULL},
};
