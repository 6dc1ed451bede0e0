/// System calls that no profile can grant, with the reason. Whoever needs one of them needs another kind of sandbox.
enum SyscallFloor {
    /// Nil for a call that may be granted.
    static func reason(against name: String) -> String? { reasons[name] }

    static let names = Set(reasons.keys)

    private static let reasons: [String: String] = {
        var reasons: [String: String] = [:]
        for (names, reason) in table {
            for name in names.split(whereSeparator: \.isWhitespace) { reasons[String(name)] = reason }
        }
        return reasons
    }()

    private static let table: [(names: String, reason: String)] = [
        ("bpf", "it loads programs into the kernel"),
        ("perf_event_open", "it measures the kernel and other processes"),
        ("userfaultfd", "it lets a program stop the kernel in the middle of an access, which makes races exploitable"),
        ("io_uring_setup io_uring_enter io_uring_register", "it carries out calls that no filter sees"),
        (
            "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd",
            "it reaches into other processes"
        ),
        ("add_key request_key keyctl", "keyrings are shared beyond namespaces"),
        (
            """
            mount umount umount2 pivot_root chroot mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick
            """, "it changes the file tree that isolates the program"
        ),
        ("unshare setns", "it makes or enters namespaces, whose kernel code is reachable without rights inside them"),
        ("seccomp", "compiled filters are charged to nobody, and a listener could be taken over"),
        ("open_by_handle_at", "it opens files around the file tree"),
        ("fanotify_init fanotify_mark", "it tells what others do with the host's files"),
        ("init_module finit_module delete_module create_module", "it changes the kernel"),
        ("kexec_load kexec_file_load reboot swapon swapoff acct nfsservctl uselib", "it is for the host's root"),
        ("syslog quotactl quotactl_fd lookup_dcookie vhangup sethostname setdomainname", "it is for the host's root"),
        ("settimeofday clock_settime clock_adjtime adjtimex stime", "it sets the host's clock"),
        ("iopl ioperm modify_ldt vm86 vm86old", "it reaches hardware or old processor modes"),
        ("memfd_secret", "its memory is counted by no cgroup"),
        ("io_setup io_submit io_cancel io_destroy io_getevents io_pgetevents", "its contexts are counted host-wide"),
    ]
}
