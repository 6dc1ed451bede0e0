extension Attempts {
    static let processes: [Attempt] = [
        Attempt("processes.census", "is pid 2, child of pid 1, and can tell of no other process", ["census"], "2 1 1"),
        Attempt("processes.trace", "cannot trace pid 1", ["ptrace"], "EPERM"),
        Attempt(
            "processes.memory", "cannot read or write other processes' memory",
            ["calls", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease"], "EPERM"),
        Attempt("processes.mem-file", "cannot write pid 1's memory", ["mem"], "ENOENT", "EACCES", "EPERM"),
        Attempt(
            "processes.descriptors", "cannot take descriptors of other processes, nor compare with theirs",
            ["calls", "pidfd_getfd", "kcmp"], "EPERM"),
        Attempt("processes.kill", "cannot kill pid 1", ["kill1"], "EPERM", sharedID: ["done 0"]),
        Attempt("processes.stop", "cannot stop pid 1", ["signal", "1", "19"], "EPERM", sharedID: ["done 0"]),
        Attempt(
            "processes.pidfd", "cannot kill pid 1 through a pidfd", ["signal-pidfd", "1"], "EPERM", sharedID: ["done 0"]
        ),
        Attempt("processes.limit", "cannot limit pid 1", ["prlimit1"], "EPERM"),
        Attempt(
            "processes.signal-all", "survives its own signal to everybody, which reaches only its own", ["signal-all"],
            "done 0"),
        Attempt("processes.root", "cannot become root", ["setuid0"], "EPERM", "EINVAL"),
        Attempt("processes.group", "cannot become root's group", ["set-group"], "EPERM", "EINVAL"),
        Attempt("processes.groups", "cannot join groups", ["set-groups"], "EPERM", "EINVAL"),
        Attempt("processes.capabilities", "cannot gain capabilities", ["gain-capabilities"], "EPERM"),
        Attempt("processes.ambient", "cannot gain ambient capabilities", ["gain-ambient"], "EPERM"),
        Attempt("processes.hard-limit", "cannot raise its limits", ["raise-limit"], "EPERM"),
        Attempt("processes.priority", "cannot raise its priority", ["raise-priority"], "EACCES", "EPERM"),
        Attempt("processes.real-time", "cannot run in real time", ["real-time"], "EPERM"),
        Attempt(
            "processes.randomisation", "cannot switch off the randomisation of its children's addresses",
            ["no-randomize"], "EPERM"),
    ]

    static let namespaces: [Attempt] = [
        Attempt("namespaces.mount", "cannot mount", ["mount"], "EPERM"),
        Attempt(
            "namespaces.mount-calls", "cannot mount by the newer calls",
            ["calls", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree", "move_mount", "mount_setattr"], "EPERM"),
        Attempt("namespaces.umount-package", "cannot unmount its package to see below", ["umount", "/skill"], "EPERM"),
        Attempt("namespaces.umount-proc", "cannot unmount /proc", ["umount", "/proc"], "EPERM"),
        Attempt("namespaces.chroot", "cannot chroot", ["chroot"], "EPERM"),
        Attempt("namespaces.pivot", "cannot change its root", ["calls", "pivot_root"], "EPERM"),
        Attempt("namespaces.user", "cannot unshare a user namespace", ["unshare-user"], "EPERM"),
        Attempt("namespaces.clone-user", "cannot clone into a user namespace", ["clone-user"], "EPERM"),
        Attempt("namespaces.every", "cannot unshare or clone into a namespace of any kind", ["namespaces"], "EPERM"),
        Attempt("namespaces.clone3", "finds no clone3, whose flags no filter can read", ["clone3"], "ENOSYS"),
        Attempt("namespaces.join", "cannot join a namespace", ["calls", "setns"], "EPERM"),
        Attempt(
            "namespaces.hostname", "cannot change the host's names", ["calls", "sethostname", "setdomainname"], "EPERM"),
        Attempt("namespaces.cgroup-files", "sees no cgroup files to write to", ["list", "/sys/fs/cgroup"], "ENOENT"),
    ]
}
