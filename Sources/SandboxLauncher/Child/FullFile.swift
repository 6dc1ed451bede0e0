import CLinux
import Glibc
import SandboxProtocol

/// Looks whether the program left a file of exactly the size limit, after its whole tree is dead.
///
/// The signal SIGXFSZ tells of a broken limit, but a program can ignore it (Python does) and then only gets EFBIG, and a
/// shell turns the signal of its child into an exit status. The kernel counts neither. A write over the limit is first
/// cut at the limit, so what it leaves is a file of that size.
enum FullFile {
    private static let entriesMax = 20_000
    private static let depthMax = 32

    static func exists(_ plan: ChildPlan, sizeBytes: UInt64) -> Bool {
        guard plan.layers.contains(.root), plan.layers.contains(.rlimits) else { return false }
        var entriesLeft = entriesMax
        for index in 0..<plan.scratchFlags.count {
            // As this process saw the path before it entered the tree.
            let path = unsafe plan.scratches[2 * index].advanced(by: PrivateTree.newRoot.utf8.count)
            let directory = unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if look(directory, size: sizeBytes, &entriesLeft, depth: 0) { return true }
        }
        return false
    }

    /// Takes the descriptor. Nothing changes meanwhile: nobody else is alive here.
    private static func look(_ directory: Int32, size: UInt64, _ entriesLeft: inout Int, depth: Int) -> Bool {
        guard directory >= 0 else { return false }
        guard depth < depthMax, let stream = unsafe fdopendir(directory) else {
            close(directory)
            return false
        }
        defer { unsafe closedir(stream) }
        while entriesLeft > 0, let entry = unsafe readdir(stream) {
            entriesLeft -= 1
            let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            var kind = stat()
            guard unsafe fstatat(dirfd(stream), name, &kind, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            switch kind.st_mode & S_IFMT {
            case S_IFREG: if UInt64(kind.st_size) == size { return true }
            case S_IFDIR:
                let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
                let child = unsafe openat(dirfd(stream), name, flags)
                if look(child, size: size, &entriesLeft, depth: depth + 1) { return true }
            default: break
            }
        }
        return false
    }
}
