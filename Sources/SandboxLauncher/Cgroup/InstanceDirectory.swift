import CLinux
import Glibc
import SandboxProtocol

/// `NAME/INSTANCE` in one cgroup tree: the directory of one launcher, held by a lock, so that a later launcher knows
/// which ones belong to the dead and removes them. `NAME` is shared and goes with the last of them.
final class InstanceDirectory {
    let mountPath: String
    let path: String
    let descriptor: Int32
    private let shared: String
    private let parent: Int32
    private let instance: String

    init(mountPath: String, base: String, name: String, instance: String) throws(LaunchError) {
        self.mountPath = mountPath
        self.instance = instance
        shared = base + "/" + name
        path = shared + "/" + instance
        if unsafe mkdir(shared, 0o755) != 0, errno != EEXIST {
            throw LaunchError(stage: .cgroupCreate, errno: clw_errno(), subject: shared)
        }
        parent = try check(unsafe open(shared, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .cgroupCreate, shared)
        // A worker that follows a dead one finds the directory, and its sandboxes' leftovers in it.
        if unsafe mkdirat(parent, instance, 0o755) != 0, errno != EEXIST {
            let error = clw_errno()
            close(parent)
            throw LaunchError(stage: .cgroupCreate, errno: error, subject: path)
        }
        descriptor = unsafe openat(parent, instance, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, Self.lock(descriptor) else {
            let error = clw_errno()
            close(parent)
            throw LaunchError(stage: .cgroupCreate, errno: error, subject: path)
        }
        Self.removeChildren(of: descriptor)
        removeDead()
    }

    /// The sandboxes of a worker that died hold its lock until they are gone, too.
    private static func lock(_ descriptor: Int32) -> Bool {
        for _ in 0..<removalTriesMax {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            usleep(10_000)
        }
        return false
    }

    /// Ten milliseconds apart.
    private static let removalTriesMax = 300

    /// Removes the directories of launchers that no longer hold their lock. The sandboxes of one that has just died may hold
    /// it a moment longer.
    private func removeDead() {
        for name in Self.children(of: parent) where name != instance {
            let fd = unsafe openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard fd >= 0 else { continue }
            defer { close(fd) }
            guard Self.isAlive(name) ? flock(fd, LOCK_EX | LOCK_NB) == 0 : Self.lock(fd) else { continue }
            // What ran there is being killed; the kernel may count it for a moment longer.
            for _ in 0..<Self.removalTriesMax {
                Self.removeChildren(of: fd)
                if unsafe unlinkat(parent, name, AT_REMOVEDIR) == 0 { break }
                usleep(10_000)
            }
        }
    }

    /// Whether it may be worth no wait: only the lock tells for sure, for process ids come again.
    private static func isAlive(_ instance: String) -> Bool {
        guard let pid = instance.split(separator: "-").last.flatMap({ Int32($0) }), pid > 0 else { return true }
        return kill(pid, 0) == 0 || errno != ESRCH
    }

    func remove() {
        Self.removeChildren(of: descriptor)
        _ = unsafe unlinkat(parent, instance, AT_REMOVEDIR)
        _ = unsafe rmdir(shared)
    }

    private static func removeChildren(of directory: Int32) {
        for name in children(of: directory) { _ = unsafe unlinkat(directory, name, AT_REMOVEDIR) }
    }

    private static func children(of directory: Int32) -> [String] {
        guard let stream = unsafe fdopendir(unsafe openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) else {
            return []
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let directoryType: UInt8 = 4  // DT_DIR of readdir(3)
            guard unsafe entry.pointee.d_type == directoryType else { continue }
            let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
