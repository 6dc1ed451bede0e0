import CLinux
import Glibc
import SandboxProtocol

/// Finds where this host lets us make cgroups: the unified tree when it has the controllers, else the version 1 trees
/// (also beside an empty unified tree). Nil when there is nothing at all.
func findCgroupTree(hostRoot: String, name: String, instance: String, rootless: Bool) -> (any CgroupTree)? {
    // Paths there are as this process sees them: below its own root.
    let mounts = CgroupMount.all(mountinfo: HostFiles.read(hostRoot + "/proc/self/mountinfo") ?? "")
    let own = ownCgroups(HostFiles.read(hostRoot + "/proc/self/cgroup") ?? "")
    if let unified = mounts.first(where: \.unified) {
        let mountPath = unified.path
        // As root, below the root of the tree, so that the processes beside us do not keep controllers from our
        // children; without root, where the launcher was put, because only that can be delegated.
        let base = rootless ? mountPath + (own[""] ?? "") : mountPath
        let available = (HostFiles.read(base + "/cgroup.controllers") ?? "").split(whereSeparator: \.isWhitespace)
        if available.contains("memory") || available.contains("pids") {
            return try? CgroupTreeV2(mountPath: mountPath, base: base, name: name, instance: instance)
        }
    }
    guard mounts.contains(where: { !$0.unified }) else { return nil }
    return CgroupTreeV1(
        mounts: mounts, name: name, instance: instance, ownPaths: rootless ? own : [:])
}

/// Controller → path of the caller's cgroup; "" is the unified tree's. /proc/self/cgroup, cgroups(7).
private func ownCgroups(_ text: String) -> [String: String] {
    var paths: [String: String] = [:]
    for line in text.split(separator: "\n") {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { continue }
        let path = fields[2] == "/" ? "" : String(fields[2])
        if fields[1].isEmpty { paths[""] = path }
        for controller in fields[1].split(separator: ",") { paths[String(controller)] = path }
    }
    return paths
}
