/// Named sets of system calls, in the spirit of systemd's `@` groups (systemd.exec(5), SystemCallFilter=).
/// Whatever stands in none of a profile's groups is refused; calls that libseccomp does not know get ENOSYS.
enum SyscallGroups {
    static let all: [String: [String]] = [
        "@process-basics": words(
            """
            exit exit_group brk mmap munmap mprotect mremap madvise msync mincore mlock mlock2 munlock mlockall
            munlockall rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend
            rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack futex futex_waitv set_robust_list get_robust_list rseq
            set_tid_address arch_prctl gettid getpid getppid getuid geteuid getgid getegid getresuid getresgid
            getgroups getrandom restart_syscall membarrier uname sysinfo getcpu getrlimit prlimit64 getrusage times
            pkey_alloc pkey_free pkey_mprotect prctl
            """),
        "@time": words(
            """
            clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time alarm getitimer setitimer
            timer_create timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime
            timerfd_gettime pause
            """),
        "@basic-io": words(
            """
            read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2
            dup3 pipe pipe2 fcntl poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait
            epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 sendfile splice tee copy_file_range ioctl
            """),
        "@file-system": words(
            """
            open openat openat2 creat stat fstat lstat newfstatat statx access faccessat faccessat2 readlink
            readlinkat getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat
            renameat2 link linkat symlink symlinkat chmod fchmod fchmodat chown fchown lchown fchownat utime utimes
            utimensat futimesat truncate ftruncate fallocate fsync fdatasync sync_file_range statfs fstatfs umask
            flock fadvise64 readahead memfd_create
            getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr removexattr
            lremovexattr fremovexattr
            """),
        "@process": words(
            """
            clone fork vfork execve execveat wait4 waitid kill tkill tgkill pidfd_open pidfd_send_signal setpgid getpgid
            getpgrp setsid getsid getpriority setpriority setrlimit sched_yield sched_getaffinity sched_setaffinity
            sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_get_priority_max
            sched_get_priority_min sched_rr_get_interval sched_getattr sched_setattr capget capset setuid setgid
            setreuid setregid setresuid setresgid setfsuid setfsgid setgroups ioprio_get ioprio_set
            """),
        "@ipc": words(
            """
            shmget shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl
            mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
            """),
        "@sockets-local": words(
            """
            socket socketpair bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt sendto
            recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown
            """),
        // Not among the standard groups: instances are counted for the host's users, and a watch on a read-only directory
        // tells what the host and other runs do there.
        "@watch": words("inotify_init inotify_init1 inotify_add_watch inotify_rm_watch"),
        "@landlock": words("landlock_create_ruleset landlock_add_rule landlock_restrict_self"),
    ]

    /// What a profile without groups of its own gets.
    static let standard = all.keys.filter { $0 != "@watch" }.sorted()

    /// Without these nothing starts: they belong to sealing (sendmsg hands pid 1 the
    /// listener for refused calls) and to the program's own start.
    static let required = ["execve", "exit", "exit_group", "write", "rt_sigreturn", "sendmsg"]

    /// The groups that have the call, in alphabetical order.
    static func groups(of name: String) -> [String] {
        all.filter { $0.value.contains(name) }.keys.sorted()
    }

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
