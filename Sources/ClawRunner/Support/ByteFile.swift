import Glibc

/// A file that is read or written once, from its start to its end, so that its size costs no memory.
///
/// Its calls end with a ``CommandFailure`` when the task is cancelled.
final class ByteFile {
    static let pieceBytes = 1 << 20

    let path: String
    private let descriptor: Int32

    private init(_ path: String, _ descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Opens a regular file for reading.
    static func reading(_ path: String) throws(CommandFailure) -> ByteFile {
        // Not blocking, should it be a fifo.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.usage, "\(path) cannot be opened: \(InputFile.reason(errno)).")
        }
        let file = ByteFile(path, descriptor)
        guard try file.status().st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure(.usage, "\(path) is not a file.")
        }
        return file
    }

    /// Makes a file of mode 0600 that must not exist.
    static func making(_ path: String) throws(CommandFailure) -> ByteFile {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.refused, "\(path) cannot be made: \(InputFile.reason(errno)).")
        }
        return ByteFile(path, descriptor)
    }

    var bytes: Int64 { get throws(CommandFailure) { Int64(try status().st_size) } }

    /// Whether others than the owner may read it.
    var isOpenToOthers: Bool { get throws(CommandFailure) { try status().st_mode & 0o077 != 0 } }

    /// The next `count` bytes, fewer only at the end of the file.
    func read(_ count: Int) throws(CommandFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            try Self.checkCancellation()
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else {
                throw CommandFailure(.refused, "\(path) cannot be read: \(InputFile.reason(errno)).")
            }
            guard got > 0 else { break }
            filled += got
        }
        return filled == count ? bytes : Array(bytes.prefix(filled))
    }

    /// Hands out all the rest in pieces.
    func readAll(_ each: ([UInt8]) throws(CommandFailure) -> Void) throws(CommandFailure) {
        while true {
            let piece = try read(Self.pieceBytes)
            if piece.isEmpty { return }
            try each(piece)
        }
    }

    func write(_ bytes: [UInt8]) throws(CommandFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try Self.checkCancellation()
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw notWritten }
            rest = rest.dropFirst(count)
        }
    }

    /// Returns when what was written is on disk.
    func sync() throws(CommandFailure) {
        guard fsync(descriptor) == 0 else { throw notWritten }
    }

    /// Makes the names in a directory durable.
    static func sync(directory path: String) throws(CommandFailure) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw CommandFailure(.refused, "\(path) cannot be written: \(InputFile.reason(errno)).")
        }
    }

    private var notWritten: CommandFailure {
        CommandFailure(.refused, "\(path) cannot be written: \(InputFile.reason(errno)).")
    }

    private func status() throws(CommandFailure) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CommandFailure(.refused, "\(path) cannot be read: \(InputFile.reason(errno)).")
        }
        return status
    }

    private static func checkCancellation() throws(CommandFailure) {
        if Task.isCancelled { throw CommandFailure(.refused, "It was interrupted; nothing is left of it.") }
    }
}
