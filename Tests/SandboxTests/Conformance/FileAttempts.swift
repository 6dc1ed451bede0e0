extension Attempts {
    static let files: [Attempt] = [
        // The host's files.
        Attempt("files.usr", "cannot write to /usr", ["write", "/usr/bin/x"], "EROFS", "EACCES"),
        Attempt("files.package", "cannot write to its own package", ["write", "/skill/x"], "EROFS", "EACCES"),
        Attempt("files.etc", "cannot write to /etc", ["write", "/etc/passwd"], "EROFS", "EACCES"),
        Attempt("files.root", "cannot write to the root", ["write", "/x"], "EROFS", "EACCES"),
        Attempt("files.dev", "cannot write to /dev", ["write", "/dev/x"], "EROFS", "EACCES"),
        Attempt("files.shadow", "cannot read the host's shadow file", ["read", "/etc/shadow"], "ENOENT"),
        Attempt("files.home", "cannot see the host's root home", ["list", "/root"], "ENOENT"),
        Attempt("files.sys", "cannot see /sys", ["list", "/sys"], "ENOENT"),
        Attempt("files.run", "cannot see the host's /run", ["list", "/run"], "ENOENT"),
        Attempt("files.var", "finds nothing in /var but a link to its own /tmp", ["names", "/var"], "tmp", "EACCES"),
        Attempt(
            "files.read-only", "has no mount that it can write to but /tmp, /dev/shm and /proc",
            ["mounts-without", "ro"], "/dev/shm /proc /tmp"),
        Attempt("files.nosuid", "has no mount that honours set-user-id files", ["mounts-without", "nosuid"], ""),
        Attempt(
            "files.climb",
            "works in /skill, and reaches no host file by climbing from there or from a leaked descriptor",
            ["climb"], "/skill 0"),
        Attempt(
            "files.hard-link", "cannot link a program of the host into /tmp", ["hard-link", "/usr/bin/env"], "EXDEV",
            "EPERM", "EACCES"),
        Attempt("files.chmod", "cannot change the mode of a program", ["chmod", "/usr/bin/env"], "EROFS", "EPERM"),
        Attempt(
            "files.handles", "cannot open files by handle, past every directory",
            ["calls", "open_by_handle_at", "name_to_handle_at"], "EPERM"),
        // Programs that run.
        Attempt(
            "files.own-program", "cannot overwrite its own program", ["open-exe", "/skill/probe"], "ETXTBSY", "EROFS",
            "EACCES"),
        Attempt(
            "files.exe-link", "cannot reach the host through its own exe link", ["open-exe", "/proc/self/exe"],
            "ETXTBSY", "EROFS", "EACCES"),
        Attempt(
            "files.exe-reopen", "cannot overwrite a program by opening a descriptor of it again",
            ["reopen", "/proc/self/exe"], "ETXTBSY", "EROFS", "EACCES"),
        Attempt(
            "files.pid1-exe", "cannot reach the launcher through pid 1's exe link", ["open-exe", "/proc/1/exe"],
            "ENOENT", "EACCES", "EPERM"),
        Attempt(
            "files.memfd", "holds a program that it executes from memory to the same walls",
            ["memfd-exec", "calls", "mount", "setns"], "EPERM"),
        Attempt("files.set-user-id", "gains nothing by a set-user-id file of its own", ["set-user-id"], "1000 1000 0"),
        Attempt(
            "files.capability-attribute", "cannot give a file capabilities", ["set-attribute", "security.capability"],
            "EPERM"),
        Attempt(
            "files.trusted-attribute", "cannot set trusted attributes", ["set-attribute", "trusted.overlay.opaque"],
            "EPERM"),
        // /proc.
        Attempt("files.proc", "finds nothing in /proc but processes", ["names", "/proc"], "self thread-self"),
        Attempt(
            "files.kernel-settings", "cannot read kernel settings", ["read", "/proc/sys/kernel/core_pattern"], "ENOENT"),
        Attempt(
            "files.core-pattern", "cannot name a core helper", ["write", "/proc/sys/kernel/core_pattern"], "ENOENT",
            "EACCES"),
        Attempt(
            "files.modprobe", "cannot name a module loader", ["write", "/proc/sys/kernel/modprobe"], "ENOENT", "EACCES"),
        Attempt(
            "files.binfmt", "cannot register an interpreter of the host",
            ["write", "/proc/sys/fs/binfmt_misc/register"], "ENOENT", "EACCES"),
        Attempt("files.sysrq", "cannot press the magic key", ["write", "/proc/sysrq-trigger"], "ENOENT", "EACCES"),
        Attempt("files.kmsg", "cannot read the kernel's log", ["read", "/proc/kmsg"], "ENOENT"),
        Attempt("files.kallsyms", "cannot read the kernel's symbols", ["read", "/proc/kallsyms"], "ENOENT"),
        Attempt(
            "files.pid1-root", "cannot leave through pid 1's root", ["list", "/proc/1/root"], "ENOENT", "EACCES",
            "EPERM"),
        Attempt(
            "files.pid1-cwd", "cannot leave through pid 1's working directory", ["list", "/proc/1/cwd"], "ENOENT",
            "EACCES", "EPERM"),
        Attempt(
            "files.pid1-fds", "cannot list pid 1's descriptors", ["list", "/proc/1/fd"], "ENOENT", "EACCES", "EPERM"),
        Attempt(
            "files.pid1-environment", "cannot read pid 1's environment", ["read", "/proc/1/environ"], "ENOENT",
            "EACCES", "EPERM"),
        Attempt(
            "files.pid1-maps", "cannot read where pid 1's memory lies", ["read", "/proc/1/maps"], "ENOENT", "EACCES",
            "EPERM"),
        Attempt(
            "files.pid1-namespaces", "cannot open pid 1's namespaces", ["list", "/proc/1/ns"], "ENOENT", "EACCES",
            "EPERM"),
        Attempt("files.own-mem", "cannot write through its own memory file", ["open-exe", "/proc/self/mem"], "EACCES"),
        Attempt("files.uid-map", "cannot map its ids anew", ["write", "/proc/self/uid_map"], "EACCES", "EPERM"),
        Attempt(
            "files.oom-score", "cannot keep itself from the out-of-memory killer",
            ["write", "/proc/self/oom_score_adj"], "EACCES", "EPERM"),
        Attempt(
            "files.label", "cannot change its security label", ["write", "/proc/self/attr/current"], "EACCES", "EPERM"),
        Attempt(
            "files.shm-program", "cannot execute a program in /dev/shm", ["exec-copy", "/dev/shm/copy"], "EACCES",
            "EPERM"),
        // Devices and races for what lies over them.
        Attempt(
            "files.devices", "has ten names in /dev and no more", ["names", "/dev"],
            "fd full null random shm stderr stdin stdout urandom zero"),
        Attempt("files.device-node", "cannot make a device node", ["mknod"], "EPERM"),
        Attempt(
            "files.device-times", "cannot change the times of a device", ["touch", "/dev/null"], "EROFS", "EACCES",
            "EPERM"),
        Attempt(
            "files.device-mode", "cannot change the mode of a device", ["chmod", "/dev/null"], "EROFS", "EACCES",
            "EPERM"),
        Attempt(
            "files.device-replaced", "cannot put a link where a device was", ["replace", "/dev/null"], "EROFS",
            "EACCES", "EBUSY"),
        Attempt(
            "files.device-renamed", "cannot rename a file over a device", ["rename-over", "/dev/null"], "EXDEV",
            "EROFS", "EBUSY", "EACCES"),
        Attempt(
            "files.mount-replaced", "cannot put a link where a mount was", ["replace", "/dev/shm"], "EROFS", "EACCES",
            "EBUSY"),
        Attempt("files.race", "reaches nothing of the host by racing a link against a directory", ["race"], "0"),
    ]
}
