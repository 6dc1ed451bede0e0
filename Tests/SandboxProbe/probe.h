// What the files of the probe share.
#pragma once
#include <errno.h>

// A subcommand; `argv` are the arguments after its name.
struct command {
    const char *name;
    int (*run)(int argc, char **argv);
};

// Each ends with a row of NULL.
extern const struct command file_commands[], process_commands[], kernel_commands[], network_commands[],
    resource_commands[];

// Prints "done N", or the errno's name.
int report(long result);
