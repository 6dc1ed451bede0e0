import CLinux
import Glibc
import SandboxProtocol

/// Finds where this host lets us make cgroups: the unified tree when it has the controllers, else the version 1 trees
/// (also beside an empty unified tree). Nil when no cgroup tree is mounted at all.
func findCgroupTree(hostRoot: String, name: String, instance: String, rootless: Bool) -> (any CgroupTree)? {
    // Paths there are as this process sees them: below its own root.
    let mounts = CgroupMount.all(mountinfo: HostFiles.read(hostRoot + "/proc/self/mountinfo") ?? "")
    let own = ownCgroups(HostFiles.read(hostRoot + "/proc/self/cgroup") ?? "")
    let versionOne = mounts.filter { !$0.unified && !$0.controllers.isDisjoint(with: CgroupTreeV1.names) }
    guard let unified = mounts.first(where: \.unified), versionOne.isEmpty else {
        return versionOne.isEmpty
            ? nil : CgroupTreeV1(mounts: versionOne, name: name, instance: instance, own: rootless ? own : nil)
    }
    return findUnifiedTree(unified, own[""] ?? "/", name: name, instance: instance, rootless: rootless)
}

/// The first place where all controllers can be had, else the one that has most of them.
private func findUnifiedTree(
    _ mount: CgroupMount, _ own: String, name: String, instance: String, rootless: Bool
) -> any CgroupTree {
    var best: (any CgroupTree)?
    var reason: LaunchError?
    for base in unifiedBases(mount, own, rootless: rootless) {
        do throws(LaunchError) {
            let tree = try CgroupTreeV2(mountPath: mount.path, base: base, name: name, instance: instance)
            if tree.missing.isEmpty {
                best?.removeAll()
                return tree
            }
            if let before = best {
                let better = tree.missing.count < before.missing.count
                (better ? before : tree).removeAll()
                if !better { continue }
            }
            best = tree
        } catch {
            reason = reason ?? error
        }
    }
    if let best { return best }
    let (errno, subject) = (reason?.errno ?? ENOENT, reason?.subject ?? mount.path)
    return UnusableCgroupTree(version: 2, errno: errno, detail: "no cgroup can be made at \(subject)")
}

/// Where to try, in order. What systemd or a person delegated comes first, and there our own cgroup before the one
/// above it: above lies what others manage. Root may also use the top of the tree.
private func unifiedBases(_ mount: CgroupMount, _ own: String, rootless: Bool) -> [String] {
    var bases: [String] = []
    if var directory = mount.directory(of: own), directory != mount.path {
        // A launcher before this one moved us there.
        if let slash = directory.lastIndex(of: "/"), directory[slash...] == "/" + CgroupTreeV2.leafName {
            directory = String(directory[..<slash])
        }
        if unsafe rootless || clw_cgroup_delegated(directory) != 0 { bases.append(directory) }
        if rootless, let slash = directory.lastIndex(of: "/") { bases.append(String(directory[..<slash])) }
    } else if rootless {
        bases.append(mount.path)
    }
    if !rootless { bases.append(mount.path) }
    return bases.filter { $0.hasPrefix(mount.path) }
}
