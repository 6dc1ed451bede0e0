#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An append-only file of lines, owned by one value. Lines reach the kernel with one `write(2)` each, so they survive
/// the death of the process; they are not synced, so they need not survive the death of the machine.
struct JournalFile: ~Copyable {
    private(set) var path: String
    private let descriptor: Int32
    private(set) var bytes: Int
    /// A write failed part way and what it wrote could not be cut off: the next line starts on a fresh one.
    private var torn = false

    /// Opens `path` for appending, creating it with mode 0600. `emptied` drops what it contains.
    init(path: String, emptied: Bool = false) throws(JournalError) {
        self.path = path
        let flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (emptied ? O_TRUNC : 0)
        descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { throw Self.error("open", path, errno) }
        let end = lseek(descriptor, 0, SEEK_END)
        bytes = max(0, Int(end))
    }

    deinit {
        _ = close(descriptor)
    }

    /// Everything in the file.
    func contents() throws(JournalError) -> [UInt8] {
        var content = [UInt8](repeating: 0, count: bytes)
        var filled = 0
        while filled < content.count {
            let count = content.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled, off_t(filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.error("read", path, errno) }
            guard count > 0 else { break }
            filled += count
        }
        return Array(content.prefix(filled))
    }

    mutating func append(_ line: [UInt8]) throws(JournalError) {
        let content = torn ? [UInt8(ascii: "\n")] + line : line
        var written = 0
        while written < content.count {
            let count = content.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                if written > 0, ftruncate(descriptor, off_t(bytes)) != 0 {
                    bytes += written
                    torn = true
                }
                throw Self.error("write", path, code)
            }
            written += count
        }
        torn = false
        bytes += written
    }

    /// Takes the place of the file at `target`, and stays open. What it holds is on disk first: the machine may die
    /// with the new name stored and the content not.
    mutating func move(to target: String) throws(JournalError) {
        guard fsync(descriptor) == 0 else { throw Self.error("fsync", path, errno) }
        guard rename(path, target) == 0 else { throw Self.error("rename", path, errno) }
        path = target
    }

    /// Gives the file a second name, which keeps its content when another file takes the first. Returns false when the
    /// file system refuses.
    func keep(as name: String) -> Bool { link(path, name) == 0 }

    /// Takes the file's name away.
    func remove() {
        _ = unlink(path)
    }

    private static func error(_ operation: String, _ path: String, _ code: Int32) -> JournalError {
        JournalError(operation: operation, path: path, code: code, reason: String(cString: strerror(code)))
    }
}
