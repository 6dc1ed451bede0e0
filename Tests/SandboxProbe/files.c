// Attempts on files: links of /proc, leaked directories, handles, mounts.
#define _GNU_SOURCE
#include "probe.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

// Opens for writing through a descriptor that was opened without any right (how runc's own binary was overwritten).
static int reopen(int argc, char **argv) {
    int fd = open(argv[0], O_PATH);
    if (fd < 0) return report(-1);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (int i = 0; i < 100; i++) {
        int again = open(path, O_WRONLY | O_TRUNC);
        if (again >= 0) return report(write(again, "x", 1));
    }
    return report(-1);
}

// The working directory, and what of the host can be reached by climbing from it or from any descriptor.
static int climb(int argc, char **argv) {
    char path[4096];
    if (!getcwd(path, sizeof path)) return report(-1);
    const char *up = "../../../../../../../../../../etc/shadow";
    int leaked = open(up, O_RDONLY) >= 0;
    for (int fd = 0; fd < 4096; fd++)
        if (openat(fd, up, O_RDONLY) >= 0) leaked = 1;
    printf("%s %d\n", path, leaked);
    return 0;
}

// The names in a directory, sorted, in one line; without numbers.
static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
static int names(int argc, char **argv) {
    DIR *directory = opendir(argv[0]);
    if (!directory) return report(-1);
    char *found[256];
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(directory)) && count < 256)
        if (entry->d_name[0] != '.' && (entry->d_name[0] < '0' || entry->d_name[0] > '9'))
            found[count++] = strdup(entry->d_name);
    qsort(found, count, sizeof *found, compare);
    for (size_t i = 0; i < count; i++) printf(i ? " %s" : "%s", found[i]);
    printf("\n");
    return 0;
}

// The mounts whose options lack a word, such as "ro" or "nosuid", in one line.
static int mounts_without(int argc, char **argv) {
    char line[4096];
    FILE *file = fopen("/proc/self/mountinfo", "r");
    if (!file) return report(-1);
    char *found[256];
    size_t count = 0;
    while (fgets(line, sizeof line, file) && count < 256) {
        char point[1024], options[1024];
        if (sscanf(line, "%*s %*s %*s %*s %1023s %1023s", point, options) != 2) continue;
        int has = 0;
        for (char *option = strtok(options, ","); option; option = strtok(NULL, ","))
            if (!strcmp(option, argv[0])) has = 1;
        if (!has) found[count++] = strdup(point);
    }
    qsort(found, count, sizeof *found, compare);
    for (size_t i = 0; i < count; i++) printf(i ? " %s" : "%s", found[i]);
    printf("\n");
    return 0;
}

// Puts a link where something else was, as a race for a masked path would.
static int replace(int argc, char **argv) {
    if (unlink(argv[0]) && rmdir(argv[0])) return report(-1);
    return report(symlink("/proc/1/root", argv[0]));
}

static int rename_over(int argc, char **argv) {
    int fd = open("/tmp/own", O_WRONLY | O_CREAT, 0644);
    if (fd < 0) return report(-1);
    return report(rename("/tmp/own", argv[0]));
}

// Swaps a directory for a link to the host in a loop while another process opens a file below it.
static int race(int argc, char **argv) {
    mkdir("/tmp/a", 0755);
    symlink("/proc/1/root", "/tmp/b");
    pid_t pid = fork();
    if (pid < 0) return report(-1);
    if (pid == 0)
        for (;;) renameat2(AT_FDCWD, "/tmp/a", AT_FDCWD, "/tmp/b", RENAME_EXCHANGE);
    int reached = 0;
    for (int i = 0; i < 20000; i++)
        if (open("/tmp/a/etc/shadow", O_RDONLY) >= 0) reached = 1;
    kill(pid, 9);
    printf("%d\n", reached);
    return 0;
}

static int hard_link(int argc, char **argv) { return report(link(argv[0], "/tmp/link")); }
static int change_mode(int argc, char **argv) { return report(chmod(argv[0], 0777)); }

static int set_attribute(int argc, char **argv) {
    close(open("/tmp/attributed", O_WRONLY | O_CREAT, 0755));
    // A version 2 capability set with everything.
    unsigned value[5] = {0x02000001, ~0u, ~0u, ~0u, ~0u};
    return report(setxattr("/tmp/attributed", argv[0], value, sizeof value, 0));
}

// Executes a copy of itself from memory, with arguments.
static int execute_from_memory(int argc, char **argv) {
    int own = open("/proc/self/exe", O_RDONLY);
    int fd = memfd_create("program", 0);
    if (own < 0 || fd < 0) return report(-1);
    char block[65536];
    ssize_t count;
    while ((count = read(own, block, sizeof block)) > 0)
        if (write(fd, block, (size_t)count) != count) return report(-1);
    char *arguments[16] = {"probe"};
    for (int i = 0; i < argc && i < 14; i++) arguments[i + 1] = argv[i];
    fexecve(fd, arguments, environ);
    return report(-1);
}

// A copy of itself in a place, executed.
static int execute_copy(int argc, char **argv) {
    int own = open("/proc/self/exe", O_RDONLY);
    int fd = open(argv[0], O_WRONLY | O_CREAT, 0755);
    if (own < 0 || fd < 0) return report(-1);
    char block[65536];
    ssize_t count;
    while ((count = read(own, block, sizeof block)) > 0)
        if (write(fd, block, (size_t)count) != count) return report(-1);
    close(fd);
    execl(argv[0], "probe", "uid", NULL);
    return report(-1);
}

// A copy of itself in /tmp with the set-user-id bit.
static int set_user_id(int argc, char **argv) {
    int own = open("/proc/self/exe", O_RDONLY);
    int fd = open("/tmp/copy", O_WRONLY | O_CREAT, 0755);
    if (own < 0 || fd < 0) return report(-1);
    char block[65536];
    ssize_t count;
    while ((count = read(own, block, sizeof block)) > 0)
        if (write(fd, block, (size_t)count) != count) return report(-1);
    close(fd);
    if (chown("/tmp/copy", 0, 0) == 0 || chmod("/tmp/copy", 06755)) return report(-1);
    execl("/tmp/copy", "probe", "uid", NULL);
    return report(-1);
}

const struct command file_commands[] = {
    {"reopen", reopen}, {"climb", climb}, {"names", names}, {"mounts-without", mounts_without},
    {"replace", replace}, {"rename-over", rename_over}, {"race", race}, {"hard-link", hard_link},
    {"chmod", change_mode}, {"set-attribute", set_attribute}, {"memfd-exec", execute_from_memory},
    {"set-user-id", set_user_id}, {"exec-copy", execute_copy}, {NULL, NULL},
};
