#pragma once

// Runs `under-filter`, `under-notifier` or `delegated`; -1 when the command is another.
int host_command(int count, char **arguments);
