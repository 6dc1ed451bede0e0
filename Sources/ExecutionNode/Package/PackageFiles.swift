import Foundation

/// The few file operations that packages need.
enum PackageFiles {
    /// Whether a regular file lies at `path`; symbolic links are followed.
    static func exists(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
    }

    static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Removes a tree, also one whose directories may not be written to. Failures leave it for the next start.
    static func remove(_ path: String) {
        if let below = FileManager.default.enumerator(atPath: path) {
            _ = chmod(path, 0o700)
            for case let name as String in below where isRealDirectory("\(path)/\(name)") {
                _ = chmod("\(path)/\(name)", 0o700)
            }
        }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Where a path leads once every link is followed; nil when it leads nowhere.
    static func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// The first bytes of a file of a package, whose links are known to stay within it.
    static func read(_ path: String, bytesMax: Int) throws -> [UInt8] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        return Array(try file.read(upToCount: bytesMax) ?? Data())
    }

    /// Makes the names in a directory durable.
    static func flush(_ directory: String) -> Bool {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// What the system says about the last call that failed.
    static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func isRealDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

/// Runs blocking work on a thread where blocking is no harm.
func offloaded<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
    }
}
