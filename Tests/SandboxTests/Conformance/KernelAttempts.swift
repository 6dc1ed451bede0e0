extension Attempts {
    static let kernel: [Attempt] = [
        Attempt(
            "kernel.io-uring", "cannot use io_uring",
            ["calls", "io_uring_setup", "io_uring_enter", "io_uring_register"], "EPERM"),
        Attempt(
            "kernel.aio", "cannot use the kernel's asynchronous input and output", ["calls", "io_setup", "io_submit"],
            "EPERM"),
        Attempt("kernel.bpf", "cannot load BPF", ["bpf"], "EPERM"),
        Attempt("kernel.userfaultfd", "cannot handle page faults of others", ["userfaultfd"], "EPERM"),
        Attempt("kernel.perf", "cannot open performance counters", ["perf"], "EPERM"),
        Attempt(
            "kernel.keyrings", "cannot use the kernel's keyrings", ["calls", "keyctl", "add_key", "request_key"],
            "EPERM"),
        Attempt("kernel.future", "finds calls newer than the filter absent", ["future"], "ENOSYS"),
        Attempt(
            "kernel.modules", "cannot load or unload modules",
            ["calls", "init_module", "finit_module", "delete_module"], "EPERM"),
        Attempt(
            "kernel.kexec", "cannot boot another kernel, nor reboot",
            ["calls", "kexec_load", "kexec_file_load", "reboot"], "EPERM"),
        Attempt(
            "kernel.swap", "cannot change the host's swap, quotas or accounting",
            ["calls", "swapon", "swapoff", "quotactl", "quotactl_fd", "acct"], "EPERM"),
        Attempt(
            "kernel.clock", "cannot set the host's clocks",
            ["calls", "clock_settime", "settimeofday", "adjtimex", "clock_adjtime"], "EPERM"),
        Attempt("kernel.log", "cannot read the kernel's log by its call", ["calls", "syslog"], "EPERM"),
        Attempt(
            "kernel.ports", "cannot reach input and output ports, nor segment tables",
            ["calls", "ioperm", "iopl", "modify_ldt"], "EPERM", ""),
        Attempt(
            "kernel.memory-policy", "cannot move pages between memory nodes",
            ["calls", "mbind", "set_mempolicy", "get_mempolicy", "migrate_pages", "move_pages"], "EPERM"),
        Attempt(
            "kernel.old", "cannot use calls that only old programs had",
            ["calls", "lookup_dcookie", "sysfs", "uselib", "ustat", "vhangup"], "EPERM", ""),
        Attempt(
            "kernel.secret-memory", "cannot hide memory from the kernel, nor splice its own into pipes",
            ["calls", "memfd_secret", "vmsplice"], "EPERM"),
        Attempt("kernel.tiocsti", "cannot push characters into a terminal", ["tiocsti"], "EPERM"),
        Attempt("kernel.tiocsti-high", "cannot hide TIOCSTI in the upper half of a word", ["tiocsti-high"], "EPERM"),
        Attempt("kernel.tioclinux", "cannot use the console's ioctl", ["tioclinux"], "EPERM"),
        Attempt("kernel.inotify", "cannot watch the host's directories", ["inotify"], "EPERM"),
        Attempt("kernel.dnotify", "cannot watch them the old way", ["dnotify"], "EPERM"),
        Attempt(
            "kernel.fanotify", "cannot watch the host's file systems", ["calls", "fanotify_init", "fanotify_mark"],
            "EPERM"),
        Attempt("kernel.socket-filter", "cannot compile socket filters", ["socket-filter"], "EPERM"),
        Attempt("kernel.own-seccomp", "cannot compile seccomp filters", ["own-seccomp"], "EPERM"),
        Attempt("kernel.listener", "cannot listen to refused calls itself", ["listener"], "EPERM"),
        Attempt("kernel.listener-theft", "finds no listener among its descriptors", ["answer-listener"], "0"),
        Attempt("kernel.core-helper", "cannot let the host start a core helper", ["core-limit"], "EPERM"),
        Attempt(
            "kernel.core-helper-high", "cannot hide the core limit in the upper half of a word", ["core-limit-high"],
            "EPERM"),
        Attempt("kernel.hugepages", "cannot take huge pages", ["hugepages"], "EPERM"),
        Attempt("kernel.sync", "cannot flush the host's disks", ["calls", "sync", "syncfs"], "EPERM"),
        Attempt(
            "kernel.fsync", "is told that fsync is done, which does not reach the host's disk", ["fsync"], "done 0"),
    ]

    static let network: [Attempt] = [
        Attempt("network.ipv4", "has no IPv4", ["socket", "2"], "EPERM"),
        Attempt("network.ipv6", "has no IPv6", ["socket", "10"], "EPERM"),
        Attempt("network.netlink", "has no netlink", ["netlink"], "EPERM"),
        Attempt("network.packet", "has no packet sockets", ["socket", "17"], "EPERM"),
        Attempt("network.vsock", "has no sockets to a hypervisor", ["socket", "40"], "EPERM"),
        Attempt("network.crypto", "has no crypto sockets", ["alg"], "EPERM"),
        Attempt("network.families", "has sockets of no family but Unix", ["families"], "1 "),
        Attempt(
            "network.unix-paths", "cannot reach a Unix socket of the host by its path",
            ["connect-path", "/run/docker.sock"], "ENOENT"),
        Attempt("network.forged-pid", "cannot claim to be pid 1 in a message", ["credentials", "pid"], "EPERM"),
        Attempt(
            "network.forged-uid", "cannot claim to be root in a message", ["credentials", "uid"], "EPERM", "EINVAL"),
        Attempt(
            "network.forged-gid", "cannot claim root's group in a message", ["credentials", "gid"], "EPERM", "EINVAL"),
        Attempt(
            "network.pipes", "has pipes as standard descriptors, over which no descriptor can be passed",
            ["standard-kinds"], "pipe pipe pipe "),
    ]

    static let resources: [Attempt] = [
        Attempt(
            "resources.pending-signals", "cannot take all pending signals of the host's users", ["timers"], "EAGAIN"),
        Attempt("resources.descriptors", "has as many descriptors as its profile says", ["descriptors"], "1021 EMFILE"),
        Attempt(
            "resources.queues", "has no POSIX message queues, whose memory is counted for users", ["queue"], "EMFILE",
            "ENOMEM"),
        Attempt("resources.locked-memory", "cannot lock more memory than 64 KiB", ["lock-memory"], "ENOMEM", "EAGAIN"),
    ]
}
