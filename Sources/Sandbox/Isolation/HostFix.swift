internal import Glibc
internal import SandboxProtocol

/// What an operator can do about a layer that is not fully there: the setting that is wrong here, where one is found.
struct HostFix {
    let facts: HostFacts
    let rootless: Bool
    let cgroupVersion: UInt8

    func text(_ probe: Hello.Probe) -> String {
        switch probe.layer {
        case .userNamespace: namespace("user") ?? userNamespace()
        case .mountNamespace: namespace("mnt") ?? container("unshare, mount and pivot_root")
        case .pidNamespace: namespace("pid") ?? general
        case .ipcNamespace: namespace("ipc") ?? general
        case .utsNamespace: namespace("uts") ?? general
        case .networkNamespace: namespace("net") ?? general
        case .cgroupNamespace: namespace("cgroup") ?? general
        case .memory, .pids, .cpu: cgroup(probe)
        case .landlock: landlock(probe)
        case .proc: proc()
        case .root: appArmor ?? container("mount, open_tree, move_mount, mount_setattr and pivot_root")
        case .identity: identity(probe)
        case .seccomp:
            probe.errno == 0
                ? "start the daemon outside of what installs the notifier (some container runtimes and debuggers do)"
                : facts.filtered ? container("seccomp") : "boot a kernel with CONFIG_SECCOMP_FILTER"
        default: general
        }
    }

    private var general: String {
        facts.filtered ? container("what the kernel refused here") : "see what the kernel's configuration leaves out"
    }

    private func container(_ calls: String) -> String {
        facts.filtered
            ? "this process lives under a seccomp filter, probably a container's, which must allow \(calls): "
                + "start the container with --privileged, or with --security-opt seccomp=unconfined and "
                + "--cap-add SYS_ADMIN"
            : "this process may not use \(calls): start the container with --privileged or --cap-add SYS_ADMIN, "
                + "or the service without the restriction"
    }

    private func namespace(_ name: String) -> String? {
        facts.namespacesMax[name] == 0 ? "sysctl -w user.max_\(name)_namespaces=15000" : nil
    }

    private var appArmor: String? {
        guard rootless, facts.appArmorRestriction == 1 else { return nil }
        return "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give claw-launcher an AppArmor profile "
            + "with `userns,`"
    }

    private func userNamespace() -> String {
        if rootless, facts.unprivilegedNamespaces == 0 { return "sysctl -w kernel.unprivileged_userns_clone=1" }
        return appArmor ?? container("clone3, unshare and mount")
    }

    private func proc() -> String {
        let covers = facts.procCovers.prefix(3).joined(separator: ", ")
        let what = covers.isEmpty ? "what covers parts of the host's /proc" : covers + " and whatever else covers /proc"
        return "unmount \(what), or start the container with --security-opt systempaths=unconfined (Docker) or "
            + "--security-opt unmask=ALL (Podman): a user namespace may mount a new proc only where the old one is whole"
    }

    private func landlock(_ probe: Hello.Probe) -> String {
        if probe.errno == 0 { return "boot a kernel of 6.12 or later" }
        if probe.errno == EOPNOTSUPP {
            return "add landlock to the kernel's lsm= boot parameter (see /sys/kernel/security/lsm)"
        }
        return facts.filtered
            ? container("landlock_create_ruleset, landlock_add_rule and landlock_restrict_self")
            : "boot a kernel of 6.1 or later with CONFIG_SECURITY_LANDLOCK"
    }

    private func identity(_ probe: Hello.Probe) -> String {
        if facts.noNewPrivileges, rootless {
            return "start the daemon without no_new_privs (systemd: NoNewPrivileges=no)"
        }
        guard facts.uid != 0 else { return "start the daemon where more than one id is mapped (/proc/self/uid_map)" }
        return "install the package uidmap, then as root: usermod --add-subuids 100000-165535 "
            + "--add-subgids 100000-165535 \"$(id -nu \(facts.uid))\""
    }

    private func cgroup(_ probe: Hello.Probe) -> String {
        guard !facts.cgroupMounts.isEmpty else {
            return "mount -t cgroup2 cgroup2 /sys/fs/cgroup; in a container, start it with a cgroup namespace and "
                + "--privileged"
        }
        if facts.cgroupMounts.allSatisfy(\.readOnly) {
            return "mount -o remount,rw \(facts.cgroupMounts[0].path) before the daemon starts; containers get it "
                + "writable with --privileged"
        }
        if cgroupVersion == 2 {
            return rootless
                ? "systemd-run --user --scope -p Delegate=yes clawrunner serve; without systemd, as root: "
                    + "d=/sys/fs/cgroup/claw; mkdir -p $d/leaf; echo +memory +pids +cpu > /sys/fs/cgroup/"
                    + "cgroup.subtree_control; chown \(facts.uid) $d $d/cgroup.procs $d/cgroup.subtree_control "
                    + "$d/leaf; then start the daemon with its process in $d/leaf/cgroup.procs"
                : "start the daemon in a cgroup of its own: systemd-run -p \"Delegate=memory pids cpu\" clawrunner serve"
        }
        return rootless
            ? "as root, for each of memory, pids, cpu and cpuacct: mkdir /sys/fs/cgroup/$c/claw; chown -R "
                + "\(facts.uid) /sys/fs/cgroup/$c/claw; then start the daemon with its process in each claw/cgroup.procs"
            : "boot with the controller that is named, or mount it: mount -t cgroup -o NAME cgroup /sys/fs/cgroup/NAME"
    }
}
