import Glibc

/// Files and standard input, read whole within a limit.
enum InputFile {
    /// - Parameter path: nil reads standard input.
    /// - Throws: ``CommandFailure`` naming the file and the system's reason.
    static func read(_ path: String?, bytesMax: Int) throws(CommandFailure) -> [UInt8] {
        guard let path else { return try read(STDIN_FILENO, "standard input", bytesMax) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.usage, "\(path) cannot be opened: \(reason(errno)).")
        }
        defer { close(descriptor) }
        return try read(descriptor, path, bytesMax)
    }

    /// What the system says about an error number, such as `No such file or directory`.
    static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }

    private static func read(_ descriptor: Int32, _ name: String, _ bytesMax: Int) throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            let code = errno
            if count == 0 { return bytes }
            if count < 0, code == EINTR { continue }
            guard count > 0 else { throw CommandFailure(.usage, "\(name) cannot be read: \(reason(code)).") }
            bytes += chunk.prefix(count)
            guard bytes.count <= bytesMax else {
                throw CommandFailure(.usage, "\(name) is longer than \(Quantity.bytes(Int64(bytesMax))).")
            }
        }
    }
}
